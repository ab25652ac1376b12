/// The logistic function, or sigmoid: 1 / (1 + exp(-x)). The power is computed in double precision and rounded once.
package func logistic(_ x: Float) -> Float { 1 / (1 + Float(Elementary.exp(-Double(x)))) }
