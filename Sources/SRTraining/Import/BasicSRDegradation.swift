import SRData
import SRFiles

/// The degradation in an option file of BasicSR, Real-ESRGAN or GFPGAN, as a recipe. Nothing else in the file matters.
package struct BasicSRDegradation {
  package let recipe: DegradationRecipe
  /// What was not translated, or not exactly, in the order of the lines.
  package let notes: [BasicSRImport.Note]
  private let origin: String

  /// - Parameter origin: names the text in errors and notes.
  /// - Throws: ``ConfigurationError`` if the text is no option file, or has no degradation.
  package init(yaml: String, origin: String) throws {
    var translation = BasicSRTranslation(
      options: try BasicSROptions(yaml: yaml, origin: origin), origin: origin)
    let recipe = translation.recipe()
    notes = translation.sortedNotes
    guard let recipe else {
      throw ConfigurationError(
        notes.isEmpty
          ? "\(origin) has no degradation: no key of one stands at its top level or in datasets.train; nothing is translated"
          : "no degradation can be translated: \(notes.map(\.description).joined(separator: "; "))")
    }
    self.recipe = recipe
    self.origin = origin
  }

  /// The recipe as a file for `--degradation`.
  package func yaml() -> String {
    (["# Translated by `srdist import-config` from \(origin.onOneLine)"] + RecipeYAML.lines(of: recipe))
      .map { "\($0)\n" }.joined()
  }
}

extension BasicSRTranslation {
  /// The recipe of the keys at the top level, where Real-ESRGAN has most of them, and in `datasets.train`. Nil if there is none.
  ///
  /// A key whose value the recipe does not take becomes a note, and the others are translated.
  mutating func recipe() -> DegradationRecipe? {
    var leaves: [(key: String, leaf: BasicSROptions.Leaf)] = []
    for key in DegradationRecipe.keys {
      for path in [key, "datasets.train.\(key)"] {
        guard let leaf = options.take(path) else { continue }
        if leaves.last?.key == key {
          note(leaf, "is left out: '\(key)' stands at the top level, too")
        } else {
          leaves.append((key, leaf))
        }
      }
    }
    surroundingsOfRecipe()
    let first = leaves.min { $0.leaf.line < $1.leaf.line }?.leaf
    var entries: [(key: String, value: DegradationRecipe.Value)] = []
    for (key, leaf) in leaves {
      if let value = leaf.value.recipeValue {
        entries.append((key, value))
      } else {
        note(leaf, "is left out: a plain value or a list of plain values is needed")
      }
    }
    while !entries.isEmpty {
      do throws(DegradationError) {
        return try DegradationRecipe(entries)
      } catch {
        // A key that is missing, or the recipe as a whole.
        guard let place = entries.firstIndex(where: { $0.key == error.key }) else {
          if let first { note(first, "the degradation is left out: \(error)") }
          return nil
        }
        if let leaf = leaves.first(where: { $0.key == error.key })?.leaf {
          note(leaf, "is left out: \(error.problem)")
        }
        entries.remove(at: place)
      }
    }
    return nil
  }

  /// What belongs to the degradation, and is no part of a recipe.
  private mutating func surroundingsOfRecipe() {
    for key in ["gt_usm", "l1_gt_usm", "percep_gt_usm", "gan_gt_usm"] {
      if let leaf = options.take(key), leaf.truth != false {
        note(leaf, "is left out: srdist does not sharpen the originals")
      }
    }
    if let leaf = options.take("queue_size") {
      note(
        leaf,
        "is left out, and not needed: it mixes the degradations within a batch, and srdist's images have their own anyway"
      )
    }
    if let leaf = options.take("high_order_degradation"), leaf.truth == false {
      note(
        leaf, "is left out: without it, Real-ESRGAN takes pairs of pictures; remove the degradation for that")
    }
    if let leaf = options.take("datasets.train.out_size") {
      note(leaf, "is left out: srdist cuts patches from pictures of any size (--patch)")
    }
  }
}

extension YAMLTree {
  /// The value for a key of a recipe; nil for a null, a mapping or nested lists.
  fileprivate var recipeValue: DegradationRecipe.Value? {
    if let scalar { return scalar.type == .null ? nil : RecipeYAML.scalar(scalar) }
    return entries == nil ? scalars.map { .list($0.map(RecipeYAML.scalar)) } : nil
  }
}
