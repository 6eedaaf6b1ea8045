#include "experiments/report/facts.h"

#include <algorithm>
#include <limits>

#include "experiments/lab/toml.h"

namespace dualtape::report {

Facts::Facts(const std::filesystem::path& table, std::string name)
    : name_(std::move(name)), groups_(table) {}

std::vector<std::string> Facts::texts(const std::string& fact, const Where& where) const {
    std::vector<std::string> found;
    double last = 0;
    for (const TrainingGroups::Group& group : groups_.groups()) {
        for (const double step : groups_.numbers(group, "step")) last = std::max(last, step);
    }
    for (const TrainingGroups::Group& group : groups_.groups()) {
        const auto steps = groups_.numbers(group, "step");
        const auto names = groups_.texts(group, name_.c_str());
        const auto values = groups_.texts(group, "value");
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i] != fact || steps[i] != last) continue;
            const bool is_wanted = std::all_of(where.begin(), where.end(), [&](const auto& pair) {
                return groups_.texts(group, pair.first)[i] == pair.second;
            });
            if (!is_wanted) continue;
            found.push_back(values[i]);
            break;
        }
    }
    return found;
}

std::vector<double> Facts::numbers(const std::string& fact, const Where& where) const {
    std::vector<double> found;
    for (const std::string& text : texts(fact, where)) {
        double number = std::numeric_limits<double>::quiet_NaN();
        lab::toml::read_real(text, number);
        found.push_back(number);
    }
    return found;
}

}  // namespace dualtape::report
