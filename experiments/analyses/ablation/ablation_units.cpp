#include "experiments/analyses/ablation/ablation_units.h"

#include <numeric>

#include "engine/core/indexing.h"
#include "experiments/analyses/ablation/activation_maps.h"

namespace dualtape::analyses {

namespace {

// An empty cell when the measure is not known of this node.
lab::Cell entry(const Vec<double>& values, Index unit) {
    return values.size() == 0 ? lab::Cell() : lab::Cell(values(unit));
}

}  // namespace

lab::TableRows neuron_rows(const AblatedNode& node, const AblationSettings& settings) {
    lab::TableRows rows(
        "neurons.tsv", node.columns(),
        {"unit", "rank", "ranked_by", "importance", "relative", "mean_magnitude", "variance",
         "logit_effect", "attribution", "attribution_magnitude", "sum_share", "difference_share"});
    std::vector<Index> rank(at(node.units())), all(at(node.units()));
    for (Index i = 0; i < node.units(); ++i) rank[at(node.order[at(i)])] = i + 1;
    std::iota(all.begin(), all.end(), Index{0});
    const auto maps = analyses::activation_maps(node.grid, node.snapshot.pairs->p, all);
    const double mean = node.ranked_by.mean();
    for (Index unit = 0; unit < node.units(); ++unit) {
        const Importance& of = node.importance;
        rows.add({unit, rank[at(unit)], settings.importance, node.ranked_by(unit),
                  node.ranked_by(unit) / mean, of.mean_magnitude(unit), of.variance(unit),
                  entry(of.logit_effect, unit), entry(of.attribution, unit),
                  entry(of.attribution_magnitude, unit), maps[at(unit)].sum.share,
                  maps[at(unit)].difference.share});
    }
    return rows;
}

lab::TableRows profile_rows(const AblatedNode& node) {
    lab::TableRows rows("activation_profiles.tsv", node.columns(),
                        {"unit", "rank", "against", "residue", "mean", "spread"});
    const Index p = node.snapshot.pairs->p;
    Index rank = 0;
    for (const ActivationMap& map :
         analyses::activation_maps(node.grid, p, node.top(kShownUnits))) {
        ++rank;
        for (const char* against : {"a + b", "a - b"}) {
            const ResidueProfile& profile =
                std::string(against) == "a + b" ? map.sum : map.difference;
            for (Index residue = 0; residue < p; ++residue) {
                rows.add({map.unit, rank, against, residue, profile.mean(residue),
                          profile.spread(residue)});
            }
        }
    }
    return rows;
}

lab::TableRows map_rows(const AblatedNode& node) {
    lab::TableRows rows("activation_maps.tsv", node.columns(),
                        {"unit", "rank", "a", "b", "activation"});
    const Index p = node.snapshot.pairs->p;
    Index rank = 0;
    for (const Index unit : node.top(kShownUnits)) {
        ++rank;
        for (Index pair = 0; pair < p * p; ++pair) {
            rows.add({unit, rank, pair / p, pair % p, static_cast<float>(node.grid(unit, pair))});
        }
    }
    return rows;
}

}  // namespace dualtape::analyses
