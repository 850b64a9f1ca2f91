using System.Globalization;

namespace Casemate.Collateral.Store;

/// <summary>
/// Which generation of TCB infos and enclave identities is wanted. Intel publishes a TCB recovery early, and makes it the standard
/// about a year later; a policy may also pin one generation. Source: Intel PCS API v4, parameters <c>update</c> and
/// <c>tcbEvaluationDataNumber</c>, which exclude each other. The default is <see cref="Standard"/>.
/// </summary>
public readonly record struct TcbUpdate
{
    private TcbUpdate(bool early, int number) => (IsEarly, EvaluationDataNumber) = (early, number);

    /// <summary>The generation in force for everybody.</summary>
    public static TcbUpdate Standard => default;

    /// <summary>The newest generation.</summary>
    public static TcbUpdate Early { get; } = new(early: true, 0);

    /// <summary>True for <see cref="Early"/>.</summary>
    public bool IsEarly { get; }

    /// <summary>The pinned generation, from 1; 0 when none is pinned.</summary>
    public int EvaluationDataNumber { get; }

    /// <summary>One generation.</summary>
    /// <param name="number">tcbEvaluationDataNumber, at least 1.</param>
    public static TcbUpdate Evaluation(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        return new TcbUpdate(early: false, number);
    }

    /// <summary>Reads <c>standard</c>, <c>early</c>, or a decimal evaluation number without leading zeros.</summary>
    public static bool TryParse(string text, out TcbUpdate update)
    {
        update = text == "early" ? Early
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? new TcbUpdate(false, number)
            : Standard;
        return text == update.ToString();
    }

    /// <summary>The text that <see cref="TryParse"/> reads.</summary>
    public override string ToString() =>
        IsEarly ? "early" : EvaluationDataNumber == 0 ? "standard" : EvaluationDataNumber.ToString(CultureInfo.InvariantCulture);
}
