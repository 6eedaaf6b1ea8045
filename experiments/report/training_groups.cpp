#include "experiments/report/training_groups.h"

#include <algorithm>
#include <string_view>

namespace dualtape::report {

namespace {

constexpr std::size_t kMaxStem = 120;
constexpr std::string_view kInStems =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

}  // namespace

TrainingGroups::TrainingGroups(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) return;
    table_ = lab::read_table(path);
    const std::size_t labels = table_.column("step");
    for (std::size_t row = 0; row < table_.num_rows(); ++row) {
        std::string name, setting, stem;
        const auto append = [](std::string& to, const char* separator, const std::string& part) {
            to += (to.empty() ? "" : separator) + part;
        };
        for (std::size_t i = 0; i < labels; ++i) {
            const std::string& value = table_.rows[row][i];
            if (value.empty()) continue;
            const std::string& column = table_.columns[i];
            const bool is_number = value.find_first_not_of("0123456789.") == std::string::npos;
            const std::string words = is_number ? column + " " + value : value;
            append(name, ", ", words);
            if (column != "seed") append(setting, ", ", words);
            append(stem, "-", is_number ? column + value : value);
        }
        // Brackets and blanks of blocks, and whatever else a table may hold, stay out of file
        // names.
        std::replace_if(
            stem.begin(), stem.end(), [](char c) { return kInStems.find(c) == kInStems.npos; },
            '_');
        const auto is_it = [&](const Group& group) { return group.name == name; };
        auto found = std::find_if(groups_.begin(), groups_.end(), is_it);
        // A file name has at most 255 bytes, an ending included.
        if (stem.size() > kMaxStem) {
            stem.resize(kMaxStem);
            stem += "-" + std::to_string(found - groups_.begin());
        }
        if (found == groups_.end()) found = groups_.insert(found, {name, setting, stem, {}});
        found->rows.push_back(row);
    }
}

std::vector<double> TrainingGroups::numbers(const Group& group, const char* column) const {
    const std::vector<double> all = table_.numbers(column);
    std::vector<double> own;
    for (const std::size_t row : group.rows) own.push_back(all[row]);
    return own;
}

std::vector<std::string> TrainingGroups::texts(const Group& group, const char* column) const {
    const std::vector<std::string> all = table_.texts(column);
    std::vector<std::string> own;
    for (const std::size_t row : group.rows) own.push_back(all[row]);
    return own;
}

}  // namespace dualtape::report
