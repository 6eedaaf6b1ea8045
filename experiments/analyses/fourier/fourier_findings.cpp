#include "experiments/analyses/fourier/fourier_findings.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include "experiments/lab/toml.h"

namespace dualtape::analyses {

report::TrainingGroups::Group TrainingTable::rows(const std::string& training, bool is_last) const {
    for (report::TrainingGroups::Group group : groups_.groups()) {
        if (group.name != training) continue;
        if (!is_last) return group;
        const std::vector<double> steps = groups_.numbers(group, "step");
        const double last = *std::max_element(steps.begin(), steps.end());
        std::vector<std::size_t> kept;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (steps[i] == last) kept.push_back(group.rows[i]);
        }
        group.rows = kept;
        return group;
    }
    return {};
}

std::vector<double> TrainingTable::numbers(const std::string& training, const char* column) const {
    const auto group = rows(training, false);
    return group.rows.empty() ? std::vector<double>{} : groups_.numbers(group, column);
}

std::vector<double> TrainingTable::last_numbers(const std::string& training,
                                                const char* column) const {
    const auto group = rows(training, true);
    return group.rows.empty() ? std::vector<double>{} : groups_.numbers(group, column);
}

std::vector<std::string> TrainingTable::last_texts(const std::string& training,
                                                   const char* column) const {
    const auto group = rows(training, true);
    return group.rows.empty() ? std::vector<std::string>{} : groups_.texts(group, column);
}

FourierTraining::Row FourierTraining::row(const std::string& quantity) const {
    const auto found = rows.find(quantity);
    return found == rows.end() ? Row{} : found->second;
}

std::string FourierTraining::text(const std::string& quantity) const { return row(quantity).value; }

double FourierTraining::number(const std::string& quantity) const {
    double value = 0;
    return lab::toml::read_real(text(quantity), value) ? value
                                                       : std::numeric_limits<double>::quiet_NaN();
}

std::vector<double> FourierTraining::keys() const {
    std::istringstream list(text("keys"));
    std::vector<double> keys;
    for (double k = 0; list >> k;) keys.push_back(k);
    return keys;
}

std::string FourierTraining::seed() const {
    const std::size_t place = name.rfind("seed ");
    return place == std::string::npos ? "" : name.substr(place);
}

FourierFindings::FourierFindings(const std::filesystem::path& folder)
    : progress(folder / "fourier_progress.tsv"),
      excluded(folder / "fourier_excluded.tsv"),
      frequencies(folder / "fourier_frequencies.tsv"),
      neurons(folder / "fourier_neurons.tsv"),
      correlations(folder / "fourier_correlations.tsv"),
      phases(folder / "fourier_phases.tsv") {
    const TrainingTable summary(folder / "fourier_summary.tsv");
    for (const report::TrainingGroups::Group& group : summary.trainings()) {
        FourierTraining training{group.name, group.setting, 0, {}};
        const auto column = [&](const char* name) { return summary.last_texts(group.name, name); };
        const auto quantity = column("quantity"), value = column("value"), low = column("low"),
                   high = column("high"), note = column("note");
        training.step = summary.last_numbers(group.name, "step").front();
        for (std::size_t i = 0; i < quantity.size(); ++i) {
            training.rows[quantity[i]] = {value[i], low[i], high[i], note[i]};
        }
        trainings.push_back(std::move(training));
    }
}

std::vector<std::string> FourierFindings::settings() const {
    std::vector<std::string> all;
    for (const FourierTraining& training : trainings) {
        if (std::find(all.begin(), all.end(), training.setting) == all.end()) {
            all.push_back(training.setting);
        }
    }
    return all;
}

std::vector<const FourierTraining*> FourierFindings::of_setting(const std::string& setting) const {
    std::vector<const FourierTraining*> found;
    for (const FourierTraining& training : trainings) {
        if (training.setting == setting) found.push_back(&training);
    }
    return found;
}

std::vector<const FourierTraining*> FourierFindings::examples(std::size_t most) const {
    std::vector<const FourierTraining*> chosen;
    for (const FourierTraining& training : trainings) chosen.push_back(&training);
    if (chosen.size() > most) {
        const std::vector<std::string> all = settings();
        // One setting: its first trainings. Several: the first of each.
        if (all.size() > 1) chosen.clear();
        for (std::size_t i = 0; i < all.size() && all.size() > 1; ++i) {
            chosen.push_back(of_setting(all[i]).front());
        }
        if (chosen.size() > most) chosen.resize(most);
    }
    return chosen;
}

}  // namespace dualtape::analyses
