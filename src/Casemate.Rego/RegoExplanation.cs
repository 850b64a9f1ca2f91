using System.Text;

namespace Casemate.Rego;

/// <summary>Why a rule or function has the value it has, or none.</summary>
public sealed class RegoExplanation
{
    private const int LongestValue = 120;

    internal RegoExplanation(string rule, IReadOnlyList<RegoValue> arguments) => (Rule, Arguments) = (rule, arguments);

    /// <summary>The rule's path, <c>data.a.b</c>.</summary>
    public string Rule { get; }

    /// <summary>The arguments, for a function.</summary>
    public IReadOnlyList<RegoValue> Arguments { get; }

    /// <summary>The value; null when undefined.</summary>
    public RegoValue? Value { get; internal set; }

    /// <summary>What was tried, the attempts nearest to success first.</summary>
    public IReadOnlyList<RegoAttempt> Attempts { get; internal set; } = [];

    /// <summary>The whole explanation as indented lines.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Append(text, 0);
        return text.ToString();
    }

    /// <summary>The one attempt that came nearest to success, followed down to its cause, as one line.</summary>
    public string ToLine()
    {
        var (explanation, line) = (this, new StringBuilder(Rule)
            .Append(Value is null ? " is undefined" : $" is {Shorten(Value.ToString())}"));
        for (var depth = 0; depth < 64 && explanation.Attempts.Count > 0; depth++)
        {
            var attempt = explanation.Attempts[0];
            if (attempt.FailedLiteral is null)
            {
                break;
            }

            line.Append(depth == 0 ? ": " : " <- ").Append(attempt);
            if (attempt.Causes.Count == 0)
            {
                break;
            }

            explanation = attempt.Causes[0];
        }

        return line.ToString();
    }

    internal static string Shorten(string text) =>
        text.Length <= LongestValue ? text : string.Concat(text.AsSpan(0, LongestValue - 1), "…");

    private void Append(StringBuilder text, int depth)
    {
        var arguments = Arguments.Count == 0 ? "" : $"({string.Join(", ", Arguments.Select(argument => Shorten(argument.ToString())))})";
        text.Append(' ', depth * 2).Append(Rule).Append(arguments)
            .Append(Value is null ? " is undefined" : $" = {Shorten(Value.ToString())}").Append('\n');
        foreach (var attempt in Attempts)
        {
            text.Append(' ', (depth * 2) + 2).Append(attempt).Append('\n');
            foreach (var cause in attempt.Causes.Where(_ => depth < 64))
            {
                cause.Append(text, depth + 2);
            }
        }
    }
}
