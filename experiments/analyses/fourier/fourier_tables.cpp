#include "experiments/analyses/fourier/fourier_tables.h"

#include <algorithm>

#include "experiments/analyses/fourier/fourier_summary.h"
#include "experiments/lab/interrupt.h"

namespace dualtape::analyses {

namespace {

// The tables of one training, in the making.
class Training {
  public:
    Training(const std::filesystem::path& folder, const FourierSettings& settings,
             const pairs::Snapshot& last, const FourierView& last_view)
        : folder_(folder),
          settings_(settings),
          choice_(choose(settings, last)),
          final_keys_(last_view.keys(choice_.key_rule)) {}

    // A snapshot before the last.
    void add(const pairs::Snapshot& snapshot, const FourierView& view) {
        if (settings_.detail == "each") {
            add_findings(snapshot, view, std::nullopt, correlate(snapshot, view, settings_, false),
                         neuron_waves(view, choice_));
        }
        add_progress(snapshot, view);
    }

    void add_last(const pairs::Snapshot& snapshot, const FourierView& view,
                  const std::vector<std::int64_t>& steps_left_out) {
        const std::optional<FourierNulls> nulls = fourier_nulls(view, snapshot, settings_);
        const NeuronCorrelations correlations =
            correlate(snapshot, view, settings_, nulls.has_value());
        const NeuronWaves waves = neuron_waves(view, choice_);
        add_findings(snapshot, view, nulls, correlations, waves);
        add_progress(snapshot, view);
        const PhaseFindings phases = find_phases(steps_, progress_, snapshot.seed);
        summary_rows(snapshot, settings_, view, nulls, keys_of(view), waves, correlations, phases,
                     steps_left_out)
            .append_to(folder_);
        phase_rows(snapshot, phases).append_to(folder_);
    }

  private:
    const Frequencies& keys_of(const FourierView& view) const {
        return settings_.keys_from == "each" ? view.keys(choice_.key_rule) : final_keys_;
    }

    void add_progress(const pairs::Snapshot& snapshot, const FourierView& view) {
        const Frequencies& keys = keys_of(view);
        const FourierProgress progress = measure_progress(snapshot, view, keys, choice_);
        progress_rows(snapshot, view, keys, progress, choice_, settings_.fve_threshold)
            .append_to(folder_);
        excluded_rows(snapshot, keys, progress).append_to(folder_);
        steps_.push_back(snapshot.step);
        progress_.push_back(progress);
    }

    void add_findings(const pairs::Snapshot& snapshot, const FourierView& view,
                      const std::optional<FourierNulls>& nulls,
                      const NeuronCorrelations& correlations, const NeuronWaves& waves) {
        frequency_rows(snapshot, view, nulls, keys_of(view), choice_, settings_.fve_threshold)
            .append_to(folder_);
        neuron_rows(snapshot, view, nulls, waves, settings_.fve_threshold).append_to(folder_);
        correlation_rows(snapshot, correlations).append_to(folder_);
    }

    std::filesystem::path folder_;
    FourierSettings settings_;
    FourierChoice choice_;
    Frequencies final_keys_;
    std::vector<std::int64_t> steps_;
    std::vector<FourierProgress> progress_;
};

}  // namespace

const std::vector<std::string>& fourier_tables() {
    static const std::vector<std::string> names{"fourier_progress.tsv",     "fourier_excluded.tsv",
                                                "fourier_frequencies.tsv",  "fourier_neurons.tsv",
                                                "fourier_correlations.tsv", "fourier_summary.tsv",
                                                "fourier_phases.tsv"};
    return names;
}

void write_fourier_tables(const std::filesystem::path& folder, const FourierSettings& settings,
                          const std::vector<pairs::Snapshot>& snapshots) {
    if (snapshots.empty()) return;
    check_fourier(settings, snapshots.back());

    // Step 1. The last snapshot that is finite: its keys are those of the whole training.
    std::vector<std::int64_t> left_out;
    std::optional<FourierView> last_view;
    std::size_t last = snapshots.size();
    while (!last_view && last > 0) {
        --last;
        last_view = view_in_frequencies(snapshots[last], settings);
        if (!last_view) left_out.push_back(snapshots[last].step);
    }
    if (!last_view) return;

    // Step 2. All before it, oldest first; each is dropped before the next is looked at.
    Training training(folder, settings, snapshots[last], *last_view);
    for (std::size_t i = 0; i < last; ++i) {
        lab::throw_if_interrupted();
        if (const auto view = view_in_frequencies(snapshots[i], settings)) {
            training.add(snapshots[i], *view);
        } else {
            left_out.push_back(snapshots[i].step);
        }
    }

    std::sort(left_out.begin(), left_out.end());

    // Step 3. The last, with permutations and phases.
    lab::throw_if_interrupted();
    training.add_last(snapshots[last], *last_view, left_out);
}

}  // namespace dualtape::analyses
