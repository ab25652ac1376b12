"""The runs of scripts/reproduce-paper, and the numbers that the paper prints."""

from __future__ import annotations

from dataclasses import dataclass, field

PAPER, ABLATIONS, BATCHES = "paper", "ablations", "batches"


@dataclass(frozen=True)
class Run:
    name: str
    epochs: int
    # Options of `srdist train`, without epochs and places.
    arguments: tuple[str, ...]
    group: str = PAPER
    # What the run changes, for the tables.
    note: str = ""
    # The name of the run whose best weights it starts from.
    starts_from: str = ""
    is_paper_variant: bool = False
    # The loss's terms that need a frozen network.
    loss: tuple[str, ...] = field(default=())

    @property
    def is_perceptual(self) -> bool:
        return bool(self.loss)

    @property
    def compares_vgg(self) -> bool:
        return any("vgg" in term for term in self.loss)


# Ours: fresh crops. Each ablation changes one thing of it, in as many epochs.
BEST = ("--preset", "best", "--crop", "random")
ABLATION_EPOCHS = 8
ATTENTION_AND_SSIM = ("--attention", "se", "--loss", "charbonnier=1,ssim=0.1")
# The ablation that changes nothing.
UNCHANGED = "ablation-none"
# The average spans as many images with any batch. In eight epochs its decay is still below this one: it rises with the steps.
AVERAGE_OF_EIGHT = 0.999


def ablation(name: str, note: str, *more: str) -> Run:
    return Run(f"ablation-{name}", ABLATION_EPOCHS, without(BEST, *more), ABLATIONS, note)


def without(base: tuple[str, ...], *more: str) -> tuple[str, ...]:
    """The options with others in place of those of the same names."""
    options = dict(zip(base[::2], base[1::2]))
    options.update(zip(more[::2], more[1::2]))
    return tuple(word for pair in options.items() for word in pair)


def batch(size: int, scaling: str, note: str) -> Run:
    decay = round(AVERAGE_OF_EIGHT ** (size / 8), 6)
    return Run(
        f"batch-{size}-{scaling}", ABLATION_EPOCHS,
        without(BEST, "--batch-size", str(size), "--lr-scaling", scaling, "--warmup-epochs", "2", "--ema-decay", str(decay)),
        BATCHES, f"batch {size}, {note}, warm-up of 2 epochs")


def all_runs() -> list[Run]:
    return [
        Run("vanilla", 50, ("--preset", "vanilla"), is_paper_variant=True, loss=("vgg",), note="the paper's first variant"),
        Run("attention", 50, ("--preset", "attention"), is_paper_variant=True, loss=("vgg",), note="the paper's second variant"),
        Run("hybrid", 20, ("--preset", "hybrid"), is_paper_variant=True, loss=("lpips_vgg",), note="the paper's third variant"),
        Run("best", 16, BEST, note="no attention, Charbonnier, fresh crops and flips, cosine, averaged weights"),
        Run("best-perceptual", 4, without(BEST, "--preset", "best-perceptual"), starts_from="best",
            loss=("lpips_alex", "lpips_squeeze"), note="`best`, and then four epochs with LPIPS"),
        ablation("none", "nothing"),
        ablation("attention", "with attention", "--attention", "se"),
        ablation("ssim", "loss Charbonnier + 0.1 (1 - SSIM)", "--loss", "charbonnier=1,ssim=0.1"),
        ablation("mse", "loss MSE", "--loss", "mse=1"),
        ablation("crops", "the stored crops", "--crop", "stored"),
        ablation("flips", "no flips", "--augment", "none"),
        ablation("init", "PyTorch's initial weights", "--init", "pytorch"),
        # With attention the network bears a higher rate.
        ablation("both", "with attention and SSIM", *ATTENTION_AND_SSIM),
        ablation("schedule", "with attention and SSIM, and with rate 0.001, halved in the middle, in place of the cosine",
                 *ATTENTION_AND_SSIM, "--lr-schedule", "step", "--learning-rate", "0.001", "--lr-step", "4", "--warmup-epochs", "0"),
        *(batch(size, "sqrt", "rate scaled by the square root") for size in (32, 128, 512)),
        batch(512, "none", "rate of a batch of 8"),
    ]


COLUMNS = ("train_loss", "valid_loss", "train_psnr", "valid_psnr", "train_ssim", "valid_ssim")


def table(text: str) -> dict[int, tuple[float, ...]]:
    rows = (line.split() for line in text.strip().splitlines())
    return {int(row[0]): tuple(float(value) for value in row[1:]) for row in rows}


# Epoch, and the numbers of COLUMNS.
PAPERS_TABLES = {
    "vanilla": table("""
        5 .2046 .2036 25.70 25.76 .7573 .7590
        10 .1828 .1843 26.63 26.91 .7703 .7677
        15 .1635 .1785 27.26 26.89 .7824 .7780
        20 .1533 .1780 27.38 26.68 .7883 .7724
        25 .1306 .1783 28.08 27.38 .8031 .7747
        30 .1203 .1793 28.33 27.26 .8102 .7765
        35 .1036 .1833 28.84 27.47 .8216 .7736
        40 .0974 .1854 28.99 27.32 .8265 .7715
        45 .0891 .1889 29.26 27.35 .8325 .7696
        50 .0858 .1901 29.35 27.35 .8352 .7696"""),
    "attention": table("""
        5 .1883 .1767 26.52 26.55 .7709 .7776
        10 .1671 .1633 27.09 27.86 .7842 .7926
        15 .1506 .1589 27.51 27.86 .7947 .7947
        20 .1410 .1593 27.88 27.98 .8011 .7941
        25 .1241 .1613 28.44 28.12 .8122 .7923
        30 .1163 .1629 28.63 28.06 .8174 .7907
        35 .1062 .1655 28.93 28.01 .8241 .7880
        40 .1022 .1667 29.03 27.98 .8271 .7878
        45 .0973 .1691 29.19 27.94 .8303 .7869
        50 .0953 .1714 29.22 27.87 .8317 .7828"""),
    "hybrid": table("""
        2 .1560 .1461 26.00 26.32 .7699 .7802
        4 .1409 .1410 26.79 24.73 .7830 .7873
        6 .1363 .1334 26.61 26.95 .7870 .7914
        8 .1289 .1283 27.29 27.69 .7942 .7957
        10 .1255 .1277 27.45 27.20 .7969 .8015
        12 .1154 .1216 28.03 28.23 .8053 .8040
        14 .1128 .1219 28.03 28.08 .8074 .8043
        16 .1104 .1218 28.12 27.96 .8094 .8028
        18 .1081 .1212 28.16 28.10 .8116 .8021
        20 .1060 .1225 28.19 27.85 .8140 .8004"""),
}
