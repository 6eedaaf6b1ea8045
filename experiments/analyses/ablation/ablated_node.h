#pragma once
// A hidden node of a trained network, opened to be ablated unit by unit.

#include <span>
#include <string>
#include <vector>

#include "experiments/analyses/ablation/ablation_curves.h"
#include "experiments/analyses/ablation/ablation_settings.h"
#include "experiments/analyses/ablation/importance.h"

namespace dualtape::analyses {

// What the units of the node do on all pairs, and in which order they seem to matter. Borrows the
// snapshot.
struct AblatedNode {
    // Throws lab::InputError of kind run when activations or logits are not finite.
    AblatedNode(const pairs::Snapshot& snapshot, const AblationSettings& settings);

    const pairs::Snapshot& snapshot;
    std::string name;
    bool is_read_out = false;            // the output layer reads it linearly: last_hidden()
    Mat<double> grid;                    // units x p^2
    std::vector<std::int32_t> existing;  // pairs with a label
    Importance importance;               // over them, or over a sample of them; logit effect and
                                         // attribution only when is_read_out
    Vec<double> ranked_by;               // the importance that the settings name
    std::vector<Index> order;            // units, the most important first

    Index units() const { return grid.rows(); }
    // Columns in front of every row: those of the snapshot, and the node.
    lab::Labels columns() const;
    std::vector<Index> top(Index count) const;  // or all, if there are less
};

statistics::BootstrapSettings bootstrap_of(const pairs::Snapshot& snapshot,
                                           const AblationSettings& settings);

// Train or test pairs, and what takes the place of an ablated unit. Ablations of the last hidden
// layer are updates of its linear readout; those of other nodes run the rest of the network again.
// Borrows the node.
class PartAblation {
  public:
    PartAblation(const AblatedNode& node, const AblationSettings& settings, std::string part,
                 std::string mode);

    const std::string& part() const { return part_; }
    const std::string& mode() const { return mode_; }
    const std::vector<std::int32_t>& pairs() const { return pairs_; }
    // Only when the node is read out.
    const ReadoutAblation& readout() const;

    // C x N, with these units ablated.
    Mat<double> logits(std::span<const Index> units, Index draw) const;
    // Metrics with these units ablated; none: of the network as it is.
    AblationMetrics metrics(const std::vector<Index>& units) const;
    // Each of the units by itself, and sets of units.
    std::vector<AblationChange> each(const std::vector<Index>& units) const;
    std::vector<AblationChange> sets(const std::vector<std::vector<Index>>& sets) const;
    // The first k units of the order, for every k of the counts.
    AblationCurve curve(const std::vector<Index>& order, const std::vector<Index>& counts) const;

  private:
    const AblatedNode& node_;
    std::string part_, mode_;
    std::vector<std::int32_t> pairs_;
    statistics::BootstrapSettings bootstrap_;
    ReadoutAblation ablation_;  // its readout is empty unless the node is read out
};

// Every part that has pairs, test first, in every mode, in the order of the settings.
std::vector<PartAblation> open_parts(const AblatedNode& node, const AblationSettings& settings);

}  // namespace dualtape::analyses
