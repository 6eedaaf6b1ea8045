// The checks must catch broken ops: each of these has one mistake.

#include <doctest/doctest.h>

#include "engine/ops/bases.h"
#include "engine/ops/check_op.h"

using namespace dualtape;

namespace {

// y = x^3 with all rules right; the mutants below change one.
struct Cube {
    static constexpr auto name = "cube";
    static constexpr bool needs_x = true;

    Shape shape(std::span<const Shape> in) const { return in[0]; }
    template <class Scalar>
    void value(Frame<Scalar>& f) const noexcept {
        f.y().array() = f.x(0).array() * f.x(0).array() * f.x(0).array();
    }
    template <class Scalar>
    void push(Frame<Scalar>& f) const noexcept {
        f.y_dot().array() = Scalar(3) * f.x(0).array() * f.x(0).array() * f.x_dot(0).array();
    }
    template <class Scalar>
    void pull(Frame<Scalar>& f) const noexcept {
        f.give(0, Scalar(3) * f.x(0).array() * f.x(0).array() * f.y_bar().array());
    }
    template <class Scalar>
    void bend(Frame<Scalar>& f) const noexcept {
        f.give(0, Scalar(6) * f.x(0).array() * f.x_dot(0).array() * f.y_bar().array());
    }
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& f) const noexcept {
        return Wide<Scalar>((Scalar(6) * f.x(0).array() * f.x_dot(0).array() * f.x_dot(0).array() *
                             f.y_bar().array())
                                .sum());
    }
};

struct WrongBend : Cube {
    template <class Scalar>
    void bend(Frame<Scalar>& f) const noexcept {
        f.give(0, Scalar(5.999) * f.x(0).array() * f.x_dot(0).array() * f.y_bar().array());
    }
};
struct NoBend : Cube {
    static constexpr bool curved = false;
};
struct WrongPower : Cube {
    template <class Scalar>
    void push(Frame<Scalar>& f) const noexcept {
        f.y_dot().array() = Scalar(3) * f.x(0).array() * f.x_dot(0).array();
    }
    template <class Scalar>
    void pull(Frame<Scalar>& f) const noexcept {
        f.give(0, Scalar(3) * f.x(0).array() * f.y_bar().array());
    }
    template <class Scalar>
    void bend(Frame<Scalar>& f) const noexcept {
        f.give(0, Scalar(3) * f.x_dot(0).array() * f.y_bar().array());
    }
};
struct WrongCurvature : Cube {
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& f) const noexcept {
        return Wide<Scalar>(0.5) * Cube::curvature(f);
    }
};
struct MissingAccumulation : Cube {
    template <class Scalar>
    void pull(Frame<Scalar>& f) const noexcept {
        f.x_bar(0).array() = Scalar(3) * f.x(0).array() * f.x(0).array() * f.y_bar().array();
    }
};
struct MissingZero : Cube {
    template <class Scalar>
    void pull(Frame<Scalar>& f) const noexcept {
        f.x_bar(0).array() += Scalar(3) * f.x(0).array() * f.x(0).array() * f.y_bar().array();
    }
};
struct HidesNeed : Cube {
    static constexpr bool needs_x = false;
};
struct ReadsPadding : Cube {
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& f) const noexcept {
        const auto x_dot = flat(f.x_dot(0));
        return Wide<Scalar>((Scalar(6) * flat(f.x(0)) * x_dot * x_dot * flat(f.y_bar())).sum());
    }
};
struct WritesTooFar : Cube {
    template <class Scalar>
    void push(Frame<Scalar>& f) const noexcept {
        Cube::push(f);
        f.y_dot().data()[padded_size<Scalar>(f.y().rows(), f.y().cols())] = Scalar(0);
    }
};

// y = a * b * b, elementwise.
struct TimesSquare {
    static constexpr auto name = "times_square";
    static constexpr bool needs_x = true;

    Shape shape(std::span<const Shape> in) const { return in[0]; }
    template <class Scalar>
    void value(Frame<Scalar>& f) const noexcept {
        f.y().array() = f.x(0).array() * f.x(1).array() * f.x(1).array();
    }
    template <class Scalar>
    void push(Frame<Scalar>& f) const noexcept {
        f.y_dot().setZero();
        if (f.is_active(0)) f.y_dot().array() += f.x_dot(0).array() * f.x(1).array().square();
        if (f.is_active(1)) {
            f.y_dot().array() += Scalar(2) * f.x(0).array() * f.x(1).array() * f.x_dot(1).array();
        }
    }
    template <class Scalar>
    void pull(Frame<Scalar>& f) const noexcept {
        if (f.is_active(0)) f.give(0, f.y_bar().array() * f.x(1).array().square());
        if (f.is_active(1)) {
            f.give(1, Scalar(2) * f.y_bar().array() * f.x(0).array() * f.x(1).array());
        }
    }
    template <class Scalar>
    void bend(Frame<Scalar>& f) const noexcept {
        const auto b = f.x(1).array(), y_bar = f.y_bar().array();
        if (f.is_active(0) && f.is_active(1)) {
            f.give(0, Scalar(2) * y_bar * b * f.x_dot(1).array());
            f.give(1, Scalar(2) * y_bar *
                          (f.x(0).array() * f.x_dot(1).array() + b * f.x_dot(0).array()));
        } else if (f.is_active(1)) {
            f.give(1, Scalar(2) * y_bar * f.x(0).array() * f.x_dot(1).array());
        } else {
            f.give(0, Scalar(0) * y_bar);
        }
    }
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& f) const noexcept {
        Wide<Scalar> sum(0);
        if (!f.is_active(1)) return sum;
        const auto y_bar = f.y_bar().array(), b_dot = f.x_dot(1).array();
        sum += Wide<Scalar>((Scalar(2) * y_bar * f.x(0).array() * b_dot * b_dot).sum());
        if (!f.is_active(0)) return sum;
        return sum + Wide<Scalar>(
                         (Scalar(4) * y_bar * f.x(1).array() * f.x_dot(0).array() * b_dot).sum());
    }
};
struct SwappedInputs : TimesSquare {
    template <class Scalar>
    void pull(Frame<Scalar>& f) const noexcept {
        if (f.is_active(1)) f.give(1, f.y_bar().array() * f.x(1).array().square());
        if (f.is_active(0)) {
            f.give(0, Scalar(2) * f.y_bar().array() * f.x(0).array() * f.x(1).array());
        }
    }
};
struct IgnoresActivity : TimesSquare {
    template <class Scalar>
    void pull(Frame<Scalar>& f) const noexcept {
        f.give(0, f.y_bar().array() * f.x(1).array().square());
        f.give(1, Scalar(2) * f.y_bar().array() * f.x(0).array() * f.x(1).array());
    }
};
struct ReadsInactiveTangent : TimesSquare {
    template <class Scalar>
    void push(Frame<Scalar>& f) const noexcept {
        f.y_dot().array() = f.x_dot(0).array() * f.x(1).array().square() +
                            Scalar(2) * f.x(0).array() * f.x(1).array() * f.x_dot(1).array();
    }
};
struct ForgetsMixedBend : TimesSquare {
    template <class Scalar>
    void bend(Frame<Scalar>& f) const noexcept {
        const auto b = f.x(1).array(), y_bar = f.y_bar().array();
        if (f.is_active(0)) {
            f.give(0, Scalar(2) * y_bar * b *
                          (f.is_active(1) ? f.x_dot(1).array() * Scalar(1)
                                          : f.x_dot(0).array() * Scalar(0)));
        }
        if (f.is_active(1)) f.give(1, Scalar(2) * y_bar * f.x(0).array() * f.x_dot(1).array());
    }
};

const OpSlot kSlot{OpSlot::Kind::sample, 3, 1};

// The checks that an op fails, as one text.
template <class Rules>
std::string failures(Rules rules, std::size_t inputs, OpFormula formula = {}) {
    const OpReport report = check_op(rules, std::vector<OpSlot>(inputs, kSlot), formula, 5);
    CHECK_FALSE(report.is_ok());
    return report.text();
}
bool names(const std::string& text, const std::string& check) {
    return text.find(check + ": error") != std::string::npos;
}

}  // namespace

TEST_CASE("an op without mistakes passes all checks") {
    CHECK_MESSAGE(check_op(Cube{}, {kSlot}).is_ok(), check_op(Cube{}, {kSlot}).text());
    CHECK_MESSAGE(check_op(TimesSquare{}, {kSlot, kSlot}).is_ok(),
                  check_op(TimesSquare{}, {kSlot, kSlot}).text());
}

TEST_CASE("a wrong or missing bend is caught") {
    CHECK(names(failures(WrongBend{}, 1), "bend = complex step of pull"));
    CHECK(names(failures(NoBend{}, 1), "bend = complex step of pull"));
    CHECK(names(failures(ForgetsMixedBend{}, 2), "bend = complex step of pull"));
    CHECK(names(failures(ForgetsMixedBend{}, 2), "bend is symmetric"));
}

TEST_CASE("a wrong power is caught") {
    CHECK(names(failures(WrongPower{}, 1), "push = complex step of value"));
}

TEST_CASE("a wrong value is caught by its formula") {
    const OpFormula wrong = [](const std::vector<Mat<double>>& x) -> Mat<double> {
        return 1.0000000001 * x[0].array().cube();
    };
    CHECK(names(failures(Cube{}, 1, wrong), "value = formula"));
}

TEST_CASE("a wrong curvature is caught") {
    CHECK(names(failures(WrongCurvature{}, 1), "curvature = <x_dot, bend(x_dot)>"));
}

TEST_CASE("missing accumulation and missing zeros are caught") {
    CHECK(names(failures(MissingAccumulation{}, 1), "pull adds"));
    CHECK(names(failures(MissingZero{}, 1), "pull is the transpose of push"));
}

TEST_CASE("swapped inputs are caught") {
    CHECK(names(failures(SwappedInputs{}, 2), "pull is the transpose of push"));
}

TEST_CASE("touching inactive inputs is caught") {
    CHECK(names(failures(IgnoresActivity{}, 2), "rules stay in their memory"));
    CHECK(names(failures(ReadsInactiveTangent{}, 2), "push = complex step of value"));
}

TEST_CASE("reading what was declared unneeded, padding, and foreign memory are caught") {
    CHECK(names(failures(HidesNeed{}, 1), "push = complex step of value"));
    CHECK(names(failures(ReadsPadding{}, 1), "curvature = <x_dot, bend(x_dot)>"));
    CHECK(names(failures(WritesTooFar{}, 1), "rules stay in their memory"));
}
