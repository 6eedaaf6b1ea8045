#include "experiments/analyses/fourier/fourier_panels.h"

#include <algorithm>
#include <cmath>

#include "experiments/report/run_tables.h"

namespace dualtape::analyses {

namespace {

constexpr std::size_t kMostPanels = 4;

}  // namespace

TrainingPanels::TrainingPanels(const FourierFindings& findings, const char* stem,
                               const std::string& setting, lab::Axis x)
    : num_trainings_(findings.trainings.size()), shown_(findings.examples(kMostPanels)) {
    figure_.stem = stem;
    figure_.subtitle = setting;
    if (num_trainings_ == 1 && !shown_[0]->name.empty()) {
        figure_.subtitle += ", " + shown_[0]->name;
    }
    figure_.x = std::move(x);
}

lab::Panel& TrainingPanels::add(const FourierTraining& training, lab::Axis y) {
    return figure_.add_panel(std::move(y), num_trainings_ == 1 ? "" : training.name);
}

lab::Figure TrainingPanels::finish(const std::string& title, const std::string& caption,
                                   const std::string& alt, int columns) {
    figure_.title = title;
    figure_.caption = caption;
    figure_.alt = alt;
    if (figure_.panels.size() < num_trainings_) {
        figure_.caption += " Shown: " + std::to_string(figure_.panels.size()) + " of " +
                           std::to_string(num_trainings_) +
                           " trainings; the tables hold all, and the title is of all.";
    }
    if (figure_.panels.size() > 1) figure_.columns = columns;
    return std::move(figure_);
}

std::vector<double> over_trainings(const FourierFindings& findings,
                                   const std::function<double(const FourierTraining&)>& value) {
    std::vector<double> values;
    for (const FourierTraining& training : findings.trainings) values.push_back(value(training));
    std::erase_if(values, [](double v) { return std::isnan(v); });
    return values;
}

std::string range(const std::vector<double>& values,
                  const std::function<std::string(double)>& text) {
    if (values.empty()) return "–";
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const std::string first = text(*low), last = text(*high);
    return first == last ? first : first + " to " + last;
}

std::string whole_percent(double share) { return report::readable(std::round(100 * share)) + " %"; }

bool has_numbers(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
}

}  // namespace dualtape::analyses
