#pragma once
// Progress measures of a network at one checkpoint, and the rows that hold them.

#include "experiments/analysis/fourier/progress_measures.h"
#include "experiments/circuits/fourier_view.h"
#include "experiments/circuits/table_rows.h"

namespace dualtape::circuits {

struct FourierProgress {
    analysis::LossByPart full, restricted;
    analysis::LossByPart ideal;       // NaN unless C = p
    analysis::ExcludedLoss excluded;  // by_key in the order of the keys
    double sum_of_squares = 0;        // of all parameters
};

// keys: of the view, or of the final checkpoint.
FourierProgress measure_progress(const Snapshot& snapshot, const FourierView& view,
                                 const Frequencies& keys, const FourierChoice& choice);

// A row of fourier_progress.tsv.
TableRows progress_rows(const Snapshot& snapshot, const FourierView& view, const Frequencies& keys,
                        const FourierProgress& progress, const FourierChoice& choice,
                        double fve_threshold);
// A row of fourier_excluded.tsv for every key.
TableRows excluded_rows(const Snapshot& snapshot, const Frequencies& keys,
                        const FourierProgress& progress);

}  // namespace dualtape::circuits
