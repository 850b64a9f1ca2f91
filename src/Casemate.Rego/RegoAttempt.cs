namespace Casemate.Rego;

/// <summary>One body of a rule and how far it came.</summary>
/// <param name="Location">Where the body's head, or the failed literal, stands.</param>
/// <param name="FailedLiteral">The source of the literal beyond which no values led; null when the body succeeded.</param>
/// <param name="Satisfied">How many literals were satisfied together.</param>
/// <param name="Total">How many literals the body has.</param>
/// <param name="Values">The variables and parts of the input in the failed literal, with the values they had when it was first reached.</param>
/// <param name="Causes">The rules and functions that the failed literal asked for and that have no value or are false.</param>
public sealed record RegoAttempt(
    RegoLocation Location, string? FailedLiteral, int Satisfied, int Total, IReadOnlyList<KeyValuePair<string, RegoValue?>> Values,
    IReadOnlyList<RegoExplanation> Causes)
{
    /// <summary>Place, literal and values on one line.</summary>
    public override string ToString()
    {
        if (FailedLiteral is null)
        {
            return $"{Location}: succeeded";
        }

        var values = Values.Select(value => $"{value.Key} = {(value.Value is null ? "undefined" : Short(value.Value))}");
        var listed = Values.Count == 0 ? "" : $" ({string.Join(", ", values)})";
        return $"{Location}: failed at {FailedLiteral}{listed}";
    }

    private static string Short(RegoValue value) => RegoExplanation.Shorten(value.ToString());
}
