/// The logistic function, or sigmoid: 1 / (1 + exp(-x)).
package func logistic(_ x: Float) -> Float { 1 / (1 + Elementary.exp(-x)) }
