#pragma once
// The two text files of a figure: STEM.tsv with the numbers and STEM.gp that draws them.

#include <string>

#include "experiments/lab/figure.h"

namespace dualtape::lab {

struct FigureTexts {
    std::string script;  // gnuplot 5.4
    std::string data;    // one row per point, long form: panel, series, x, y, ..., name
};

// Throws std::invalid_argument if the description contradicts itself.
FigureTexts write_figure(const Figure& figure);

}  // namespace dualtape::lab
