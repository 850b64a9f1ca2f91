using Casemate.Rego.Patterns;

namespace Casemate.Rego.Linting;

/// <summary>Says which patterns have anchors that cannot be meant as they stand.</summary>
internal static class PatternAnchors
{
    /// <summary>What is doubtful about a pattern; null when nothing is.</summary>
    public static (RegoWarningCode Code, string Message)? Doubt(string pattern)
    {
        RegexNode node;
        try
        {
            node = new RegexParser(pattern).Parse();
        }
        catch (RegexSyntaxException e)
        {
            return (RegoWarningCode.InvalidPattern, $"the pattern is no regular expression, so that the call is undefined: {e.Message}");
        }

        if (NeverMatches(node))
        {
            return (RegoWarningCode.PatternNeverMatches, "an anchor stands where the text can neither begin nor end: nothing matches");
        }

        while (node is GroupNode group)
        {
            node = group.Part;
        }

        if (node is ChoiceNode choice)
        {
            foreach (var (anchor, sign) in (ReadOnlySpan<(RegexAssertion, char)>)[(RegexAssertion.TextStart, '^'),
                (RegexAssertion.TextEnd, '$')])
            {
                var anchored = choice.Options.Count(option => IsAnchored(option, anchor));
                if (anchored > 0 && anchored < choice.Options.Count)
                {
                    return (RegoWarningCode.UnevenAnchors,
                        $"{sign} holds for {anchored} of {choice.Options.Count} alternatives: write ^(a|b)$ to hold all of them");
                }
            }
        }

        return null;
    }

    private static bool IsAnchored(RegexNode node, RegexAssertion anchor) => node switch
    {
        AssertNode assert => assert.Assertion == anchor,
        GroupNode group => IsAnchored(group.Part, anchor),
        ChoiceNode choice => choice.Options.TrueForAll(option => IsAnchored(option, anchor)),
        SequenceNode sequence => IsAnchored(sequence.Parts[anchor is RegexAssertion.TextStart ? 0 : ^1], anchor),
        RepeatNode { Least: > 0 } repeat => IsAnchored(repeat.Part, anchor),
        _ => false,
    };

    // A part of every match that asks for the text's begin after a character, or for its end before one.
    private static bool NeverMatches(RegexNode node)
    {
        switch (node)
        {
            case GroupNode group:
                return NeverMatches(group.Part);
            case RepeatNode { Least: > 0 } repeat:
                return NeverMatches(repeat.Part);
            case ChoiceNode choice:
                return choice.Options.TrueForAll(NeverMatches);
            case SequenceNode sequence:
                var first = sequence.Parts.FindIndex(part => Least(part) > 0);
                var last = sequence.Parts.FindLastIndex(part => Least(part) > 0);
                for (var i = 0; i < sequence.Parts.Count; i++)
                {
                    var part = sequence.Parts[i];
                    if (NeverMatches(part) || (first >= 0 && i > first && IsAnchored(part, RegexAssertion.TextStart))
                        || (i < last && IsAnchored(part, RegexAssertion.TextEnd)))
                    {
                        return true;
                    }
                }

                return false;
            default:
                return false;
        }
    }

    /// <summary>1 where a match takes a character at least, 0 where it may take none.</summary>
    private static int Least(RegexNode node) => node switch
    {
        CharacterNode or SetNode => 1,
        GroupNode group => Least(group.Part),
        RepeatNode repeat => repeat.Least > 0 ? Least(repeat.Part) : 0,
        ChoiceNode choice => choice.Options.Min(Least),
        SequenceNode sequence => sequence.Parts.Max(Least),
        _ => 0,
    };
}
