#pragma once
// checks.tsv of `dualtape spectrum`: the look at the operator before the solves of every
// checkpoint, and what the report says of it.

#include <filesystem>
#include <string>
#include <vector>

#include "engine/curvature/operator_check.h"
#include "experiments/lab/labels.h"

namespace dualtape::tools {

inline constexpr const char* kCheckTable = "checks.tsv";

// Appends a row.
void add_check(const std::filesystem::path& out, const lab::Labels& labels, std::int64_t step,
               const curvature::OperatorCheck& check);

// One for every check that was not passed, naming its status. None without a table.
std::vector<std::string> check_warnings(const std::filesystem::path& out);
// "2 of 2 passed, 6 products each; noise of a product at most 3e-16". Empty without a table.
std::string check_summary(const std::filesystem::path& out);

}  // namespace dualtape::tools
