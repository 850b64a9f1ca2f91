using System.Text.RegularExpressions;

namespace Casemate.Oci.Signatures;

/// <summary>An expected text: exactly one, or all that a regular expression matches as a whole.</summary>
public sealed class TextPattern
{
    private const int MaxPatternChars = 1_024;

    private readonly Regex? _regex;

    private TextPattern(string text, Regex? regex) => (Text, _regex) = (text, regex);

    /// <summary>The text or the expression.</summary>
    public string Text { get; }

    /// <summary>This text and no other, capitals included.</summary>
    public static TextPattern Exactly(string text) => new(text, null);

    /// <summary>
    /// Everything that the expression matches from its first to its last character: it is anchored here, so that a forgotten
    /// <c>^</c> or <c>$</c> lets nobody in. Time to match is linear in the text.
    /// </summary>
    /// <exception cref="OciException"><see cref="OciError.Unsupported"/>: it is no expression, or needs to look back or ahead.</exception>
    public static TextPattern Matching(string expression)
    {
        try
        {
            // Alone first: one that closes our group would have an anchor on each side of an alternative only.
            _ = Regex.IsMatch("", expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return expression.Length is > 0 and <= MaxPatternChars
                ? new TextPattern(expression, new Regex($@"\A(?:{expression})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant))
                : throw new OciException(OciError.Unsupported, $"a regular expression must have 1 to {MaxPatternChars} characters");
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new OciException(
                OciError.Unsupported, $"'{Quoted.Of(expression)}' is not a regular expression that is accepted",
                "Look-around, back references and atomic groups are not accepted.", e);
        }
    }

    /// <summary>True for an expected text.</summary>
    public bool Matches(string text) => _regex?.IsMatch(text) ?? text == Text;

    /// <inheritdoc/>
    public override string ToString() => _regex is null ? Text : $"/{Text}/";
}
