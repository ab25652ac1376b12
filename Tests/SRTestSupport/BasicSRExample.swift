/// Option files as BasicSR's users write them, with the keys of its documentation (`docs/Config.md`).
package enum BasicSRExample {
  /// Real-ESRGAN's degradations, with a compact network.
  package static func realESRNet() throws -> String { try text("realesrnet.yml") }
  /// GFPGAN's, whose network srdist does not have.
  package static func gfpgan() throws -> String { try text("gfpgan.yml") }

  private static func text(_ name: String) throws -> String {
    try String(contentsOfFile: Repository.file("Tests/Fuzz/Corpus/options/\(name)"), encoding: .utf8)
  }

  package static let yaml = """
    # An MSRResNet of 4x, as in BasicSR's options/train/SRResNet_SRGAN.
    name: 001_MSRResNet_x4
    model_type: SRModel
    scale: 4
    num_gpu: 2
    manual_seed: 10

    datasets:
      train:
        name: DIV2K
        type: PairedImageDataset
        dataroot_gt: datasets/DIV2K/HR_sub
        dataroot_lq: datasets/DIV2K/LR_bicubic_X4_sub
        filename_tmpl: '{}'
        io_backend:
          type: disk
        gt_size: 128
        use_hflip: true
        use_rot: true
        num_worker_per_gpu: 6
        batch_size_per_gpu: 2
        dataset_enlarge_ratio: 100
        prefetch_mode: ~
      val:
        name: Set5
        type: PairedImageDataset
        dataroot_gt: datasets/Set5/GTmod12
        dataroot_lq: datasets/Set5/LRbicx4
        io_backend:
          type: disk

    network_g:
      type: MSRResNet
      num_in_ch: 3
      num_out_ch: 3
      num_feat: 16
      num_block: 2
      upscale: 4

    path:
      pretrain_network_g: ~
      strict_load_g: true
      resume_state: ~

    train:
      ema_decay: 0.999
      optim_g:
        type: AdamW
        lr: !!float 2e-4
        weight_decay: !!float 1e-2
        betas: [0.9, 0.99]
      scheduler:
        type: CosineAnnealingRestartLR
        periods: [4, 3]
        restart_weights: [1, 0.5]
        eta_min: !!float 1e-5
      total_iter: !!float 7
      warmup_iter: 2
      use_grad_clip: true
      pixel_opt:
        type: L1Loss
        loss_weight: 1.0
        reduction: mean
      gan_opt:
        type: GANLoss
        loss_weight: !!float 5e-3

    val:
      val_freq: !!float 5e3
      save_img: false
      metrics:
        psnr:
          type: calculate_psnr
          crop_border: 4
          test_y_channel: false
        niqe:
          type: calculate_niqe
          crop_border: 4

    logger:
      print_freq: 100
      save_checkpoint_freq: !!float 5e3
      use_tb_logger: false
      wandb:
        project: ~
        resume_id: ~

    dist_params:
      backend: nccl
      port: 29500
    """
}
