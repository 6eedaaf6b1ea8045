#pragma once
// What of a figure is worth drawing: its panels that show something.

#include <string>

#include "experiments/lab/figure.h"

namespace dualtape::lab {

// Why a panel would show nothing: "no values"; "zero everywhere", or on an axis of fixed ends "zero
// to within the width of a line"; for a heat map "nowhere above 0.5" when all cells have the first
// colour of a scale that begins there. Empty: it shows something. References are no data.
std::string blankness(const Panel& panel, const Axis& x);

// The figure without the panels that show nothing, which its caption names with the reason; of a
// figure that shows nothing at all, no panel is left.
Figure without_blank_panels(Figure figure);

}  // namespace dualtape::lab
