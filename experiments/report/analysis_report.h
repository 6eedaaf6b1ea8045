#pragma once
// What the tables of one kind of circuit analysis say: a part of the report of an experiment, and
// the whole report of the subcommand that made them.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/lab/figure.h"
#include "experiments/lab/report.h"

namespace dualtape::report {

struct CircuitReport {
    std::string verdict{};  // a sentence or more, with numbers of the tables
    std::vector<lab::Figure> figures{};
    std::vector<lab::ReportTable> tables{};
    std::vector<std::string> warnings{};
};

}  // namespace dualtape::report
