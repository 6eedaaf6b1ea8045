#pragma once
// The recipes of each experiment, compiled in.

#include <string>
#include <vector>

#include "experiments/lab/cli.h"

namespace dualtape::study {

// Of experiments/<program>/recipes/, by name. None for a program that is no experiment. Defined in
// the file that dualtape_compile_recipes (tools/cmake/Recipes.cmake) generates.
std::vector<lab::Recipe> recipes(const std::string& program);

}  // namespace dualtape::study
