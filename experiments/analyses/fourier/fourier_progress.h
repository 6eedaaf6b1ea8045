#pragma once
// Progress measures of a network at one checkpoint, and the rows that hold them.

#include "experiments/analyses/fourier/fourier_view.h"
#include "experiments/analyses/fourier/progress_measures.h"
#include "experiments/lab/table_rows.h"

namespace dualtape::analyses {

struct FourierProgress {
    LossByPart full, restricted;
    LossByPart ideal;           // NaN unless C = p
    ExcludedLoss excluded;      // by_key in the order of the keys
    double sum_of_squares = 0;  // of all parameters
};

// keys: of the view, or of the final checkpoint.
FourierProgress measure_progress(const pairs::Snapshot& snapshot, const FourierView& view,
                                 const Frequencies& keys, const FourierChoice& choice);

// A row of fourier_progress.tsv.
lab::TableRows progress_rows(const pairs::Snapshot& snapshot, const FourierView& view,
                             const Frequencies& keys, const FourierProgress& progress,
                             const FourierChoice& choice, double fve_threshold);
// A row of fourier_excluded.tsv for every key.
lab::TableRows excluded_rows(const pairs::Snapshot& snapshot, const Frequencies& keys,
                             const FourierProgress& progress);

}  // namespace dualtape::analyses
