#pragma once
// OpTrial: one op on memory of its own, without a graph. Runs single rules as a sweep would.
//
// It is as unkind as the contract allows: planes hold NaN before they are written, inputs and
// outputs that the op claims not to need are overwritten by NaN after the value rule, padding is
// NaN, and memory behind every plane is watched.

#include <algorithm>
#include <vector>

#include "engine/core/memory.h"
#include "engine/core/op.h"

namespace dualtape {

// What an input of an op is in a trial. Values are uniform in [low, high], at least `gap` from 0;
// tokens are below `limit`.
struct OpSlot {
    enum class Kind { fixed, sample, data, tokens };
    Kind kind = Kind::sample;  // data: a sample input that has no derivative
    Index rows = 1, span = 1;
    double low = -2, high = 2, gap = 0;
    Index limit = 0;

    bool is_fixed() const { return kind == Kind::fixed; }
    Index columns(Index samples) const { return shape().columns(samples); }
    Shape shape() const { return {rows, span, is_fixed(), kind == Kind::tokens}; }
};

// Fills the frame of a rule by hand.
template <class Scalar>
struct FrameBuilder {
    Frame<Scalar> frame;

    FrameInput<Scalar>& input(std::size_t i) { return frame.input_[i]; }
    void sizes(const Shape& shape, Index samples, std::size_t inputs, int order) {
        frame.y_.rows = shape.rows;
        frame.y_.columns = shape.columns(samples);
        frame.span_ = shape.span;
        frame.samples_ = shape.is_fixed ? 1 : samples;
        frame.inputs_ = static_cast<int>(inputs);
        frame.order_ = order;
        frame.seed_ = 1;
    }
    void planes(Scalar* y, Scalar* y_dot, Scalar* y_bar) {
        frame.y_.value = y;
        frame.y_.tangent = y_dot;
        frame.y_.adjoint = y_bar;
    }
    void save(std::size_t part, std::byte* data) { frame.save_[part] = data; }
    void lane_save(std::size_t part, std::byte* data) { frame.lane_save_[part] = data; }
};

// Call set for every input, value, then the other rules in any order; bend needs a push before it.
// Planes of tangents and adjoints come and go as one matrix per input, empty where there is none.
// variable_of[i] < i gives the node of an earlier input once more.
template <class Scalar>
class OpTrial {
  public:
    using Planes = std::vector<Mat<Scalar>>;

    OpTrial(const Op<Scalar>& op, std::vector<OpSlot> slots, std::vector<int> variable_of,
            Index samples)
        : op_(op),
          slots_(std::move(slots)),
          variable_of_(std::move(variable_of)),
          samples_(samples),
          given_(slots_.size()) {
        for (const OpSlot& slot : slots_) {
            shapes_.push_back(slot.shape());
            const Index size = slot.rows * slot.columns(samples);
            x_.emplace_back(static_cast<std::size_t>(size) * sizeof(Scalar));
            x_dot_.emplace_back(static_cast<std::size_t>(size) * sizeof(Scalar));
            x_bar_.emplace_back(static_cast<std::size_t>(size) * sizeof(Scalar));
        }
        output_ = op_.shape(shapes_);
        const auto columns = static_cast<std::size_t>(output_.columns(samples));
        const std::size_t bytes = static_cast<std::size_t>(output_.rows) * columns * sizeof(Scalar);
        for (Plane* plane : {&y_, &y_dot_, &y_bar_}) *plane = Plane(bytes);
        for (const std::size_t size : op_.save_bytes(shapes_)) saves_.emplace_back(size * columns);
        for (const std::size_t size : op_.lane_save_bytes(shapes_)) {
            lane_saves_.emplace_back(size * columns);
        }
    }

    const Shape& output() const { return output_; }
    // A smaller batch in the same memory: the first samples.
    void use_samples(Index samples) { samples_ = samples; }
    void set(int input, const Mat<Scalar>& value) { given_[at(input)] = value; }

    Mat<Scalar> value(int order = 2) {
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (variable_of_[i] != static_cast<int>(i)) continue;
            x_[i].poison();
            const Index size = slots_[i].rows * slots_[i].columns(samples_);
            for (Index j = 0; j < size; ++j) {
                const Scalar number = given_[i].data()[j];
                if (shapes_[i].is_tokens) {
                    x_[i].template data<std::int32_t>()[j] =
                        static_cast<std::int32_t>(std::real(number));
                } else {
                    x_[i].template data<Scalar>()[j] = number;
                }
            }
        }
        y_.poison();
        for (Plane& plane : saves_) plane.poison();
        for (Plane& plane : lane_saves_) plane.poison();
        FrameBuilder<Scalar> builder = build(0, order);
        op_.value(builder.frame);
        const Mat<Scalar> y = read(y_, output_);
        const Facts facts = op_.facts();
        for (std::size_t i = 0; i < slots_.size() && !facts.needs_x; ++i) {
            if (!shapes_[i].is_tokens) x_[i].poison();
        }
        if (!facts.needs_y) y_.poison();
        return y;
    }

    Mat<Scalar> push(ActiveMask active, const Planes& tangents) {
        load(tangents);
        y_dot_.poison();
        y_bar_.poison();
        for (Plane& plane : lane_saves_) plane.poison();
        FrameBuilder<Scalar> builder = build(active, 2);
        op_.push(builder.frame);
        return read(y_dot_, output_);
    }

    // With `base`, adds to these planes; without, writes into NaN.
    Planes pull(ActiveMask active, const Mat<Scalar>& y_bar, const Planes& base = {}) {
        load({});
        return down(active, y_bar, base, &Op<Scalar>::pull);
    }
    Planes bend(ActiveMask active, const Mat<Scalar>& y_bar, const Planes& tangents,
                const Planes& base = {}) {
        load(tangents);
        return down(active, y_bar, base, &Op<Scalar>::bend);
    }

    // Losses: the score of a drawn label, seeded by its column.
    Planes sampled(ActiveMask active, const Mat<Scalar>& y_bar, const Planes& tangents) {
        load(tangents);
        return down(active, y_bar, {}, &Op<Scalar>::sampled);
    }

    Wide<Scalar> curvature(ActiveMask active, const Mat<Scalar>& y_bar, const Planes& tangents) {
        load(tangents);
        y_dot_.poison();
        write(y_bar_, y_bar);
        for (Plane& plane : lane_saves_) plane.poison();  // curvature runs before push
        FrameBuilder<Scalar> builder = build(active, 2);
        return op_.curvature(builder.frame);
    }

    // Does the memory behind the planes, and the adjoint of inactive inputs, hold what it held?
    bool is_intact() const {
        const auto intact = [](const std::vector<Plane>& planes) {
            return std::all_of(planes.begin(), planes.end(),
                               [](const Plane& plane) { return plane.is_intact(); });
        };
        return !touched_inactive_ && intact(x_) && intact(x_dot_) && intact(x_bar_) &&
               intact(saves_) && intact(lane_saves_) && y_.is_intact() && y_dot_.is_intact() &&
               y_bar_.is_intact();
    }

  private:
    // A padded plane with a watched line of memory behind it.
    class Plane {
      public:
        Plane() = default;
        explicit Plane(std::size_t bytes) : bytes_(padded_bytes(bytes)) {
            memory_.reserve(bytes_ + kPlaneAlignment);
            for (std::size_t i = 0; i < kPlaneAlignment; ++i) memory_.data()[bytes_ + i] = kGuard;
            poison();
        }
        void poison() { fill(std::byte{0xff}); }  // NaN in every scalar
        // Tiny numbers, so that both an assignment and an addition show.
        void forbid() { fill(kForbidden); }
        bool is_forbidden() const { return holds(0, bytes_, kForbidden); }
        bool is_intact() const { return holds(bytes_, kPlaneAlignment, kGuard); }
        template <class Element>
        Element* data() const {
            return reinterpret_cast<Element*>(memory_.data());
        }

      private:
        static constexpr std::byte kGuard{0x5a}, kForbidden{0x11};

        void fill(std::byte value) {
            for (std::size_t i = 0; i < bytes_; ++i) memory_.data()[i] = value;
        }
        bool holds(std::size_t begin, std::size_t count, std::byte value) const {
            for (std::size_t i = begin; i < begin + count; ++i) {
                if (memory_.data()[i] != value) return false;
            }
            return true;
        }

        AlignedBuffer memory_;
        std::size_t bytes_ = 0;
    };

    static std::size_t at(int i) { return static_cast<std::size_t>(i); }

    void write(Plane& plane, const Mat<Scalar>& numbers) {
        plane.poison();
        std::copy_n(numbers.data(), numbers.size(), plane.template data<Scalar>());
    }
    Mat<Scalar> read(const Plane& plane, const Shape& shape) const {
        return Eigen::Map<const Mat<Scalar>>(plane.template data<Scalar>(), shape.rows,
                                             shape.columns(samples_));
    }
    void load(const Planes& tangents) {
        for (std::size_t i = 0; i < x_dot_.size(); ++i) {
            x_dot_[i].poison();
            if (i < tangents.size() && tangents[i].size() > 0) write(x_dot_[i], tangents[i]);
        }
    }

    FrameBuilder<Scalar> build(ActiveMask active, int order) {
        FrameBuilder<Scalar> builder;
        builder.sizes(output_, samples_, slots_.size(), order);
        builder.planes(y_.template data<Scalar>(), y_dot_.template data<Scalar>(),
                       y_bar_.template data<Scalar>());
        for (std::size_t part = 0; part < saves_.size(); ++part) {
            builder.save(part, saves_[part].template data<std::byte>());
        }
        for (std::size_t part = 0; part < lane_saves_.size(); ++part) {
            builder.lane_save(part, lane_saves_[part].template data<std::byte>());
        }
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            const std::size_t variable = at(variable_of_[i]);
            FrameInput<Scalar>& input = builder.input(i);
            input.rows = slots_[i].rows;
            input.columns = slots_[i].columns(samples_);
            input.value = x_[variable].template data<Scalar>();
            input.tangent = x_dot_[variable].template data<Scalar>();
            input.adjoint = x_bar_[variable].template data<Scalar>();
            input.is_active = (active >> i & 1U) != 0;
        }
        return builder;
    }

    Planes down(ActiveMask active, const Mat<Scalar>& y_bar, const Planes& base,
                void (Op<Scalar>::*rule)(Frame<Scalar>&) const noexcept) {
        y_dot_.poison();
        write(y_bar_, y_bar);
        FrameBuilder<Scalar> builder = build(active, 2);
        std::vector<bool> is_written(slots_.size(), false);
        for (Plane& plane : x_bar_) plane.forbid();
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            const std::size_t variable = at(variable_of_[i]);
            if (!builder.input(i).is_active) continue;
            builder.input(i).is_first = base.empty() && !is_written[variable];
            if (!is_written[variable]) x_bar_[variable].poison();
            if (!base.empty()) write(x_bar_[variable], base[variable]);
            is_written[variable] = true;
        }
        (op_.*rule)(builder.frame);
        Planes result(slots_.size());
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (is_written[i]) {
                result[i] = read(x_bar_[i], shapes_[i]);
            } else if (!x_bar_[i].is_forbidden()) {
                touched_inactive_ = true;
            }
        }
        return result;
    }

    const Op<Scalar>& op_;
    std::vector<OpSlot> slots_;
    std::vector<int> variable_of_;
    Index samples_;
    Planes given_;
    std::vector<Shape> shapes_;
    Shape output_;
    std::vector<Plane> x_, x_dot_, x_bar_, saves_, lane_saves_;
    Plane y_, y_dot_, y_bar_;
    bool touched_inactive_ = false;
};

}  // namespace dualtape
