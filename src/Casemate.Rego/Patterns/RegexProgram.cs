using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Casemate.Primitives.Caching;

namespace Casemate.Rego.Patterns;

/// <summary>
/// A regular expression as instructions for a machine that follows all alternatives at once, so that the time to match is bounded by
/// the length of the text times the size of the pattern, whatever both are.
/// </summary>
/// <remarks>
/// Not the base library's engine: policies build patterns per request (identifiers are put into them), and its linear engine takes a
/// hundred times longer to prepare a pattern than it then takes to match.
/// </remarks>
internal sealed class RegexProgram
{
    /// <summary>The longest pattern, in UTF-16 units.</summary>
    public const int MaximumPatternLength = 64 * 1024;

    private const int MostInstructions = 100_000;
    private const int MostCaptures = 4_000_000;
    private static readonly BoundedCache<string, RegexProgram> s_known = new(256);

    private readonly List<Instruction> _code;

    private RegexProgram(List<string?> names, int length) => (Names, _code) = (names, new List<Instruction>(length + 8));

    public List<string?> Names { get; }

    public int Groups => Names.Count;

    public ReadOnlySpan<Instruction> Code => CollectionsMarshal.AsSpan(_code);

    public int Length => _code.Count;

    /// <summary>True when a match can begin at the start of the text only.</summary>
    public bool Anchored { get; private set; }

    /// <summary>What every match of an anchored pattern begins with.</summary>
    public string Prefix { get; private set; } = "";

    /// <summary>The UTF-16 unit that every match begins with; -1 when there is none.</summary>
    public int First { get; private set; } = -1;

    /// <summary>Prepares a pattern; patterns seen before are kept.</summary>
    public static bool TryCompile(string pattern, [NotNullWhen(true)] out RegexProgram? program, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (s_known.TryGet(pattern, out program))
        {
            return true;
        }

        if (pattern.Length > MaximumPatternLength)
        {
            error = $"the pattern has {pattern.Length} characters, the limit is {MaximumPatternLength}";
            return false;
        }

        try
        {
            var parser = new RegexParser(pattern);
            var node = parser.Parse();
            program = new RegexProgram(parser.Names, pattern.Length);
            program.Finish(node);
            s_known.Add(pattern, program);
            return true;
        }
        catch (RegexSyntaxException e)
        {
            error = e.Message;
            program = null;
            return false;
        }
    }

    private void Finish(RegexNode node)
    {
        Emit(new Instruction(Operation.Save, 0, 0, null));
        Write(node);
        Emit(new Instruction(Operation.Save, 1, 0, null));
        Emit(new Instruction(Operation.Match, 0, 0, null));
        if (_code.Count * 2L * Groups > MostCaptures)
        {
            throw new RegexSyntaxException("expression too large: too many groups", 0);
        }

        // Behind the first instruction, which notes where a match begins.
        First = _code[1] is { Operation: Operation.Character, A: < 0xD800 and var first } ? first : -1;
        var parts = node is SequenceNode sequence ? sequence.Parts : [node];
        Anchored = parts[0] is AssertNode { Assertion: RegexAssertion.TextStart };
        if (Anchored)
        {
            Prefix = string.Concat(parts.Skip(1).TakeWhile(part => part is CharacterNode { Character: < 0xD800 })
                .Select(part => (char)((CharacterNode)part).Character));
        }
    }

    private int Emit(Instruction instruction)
    {
        if (_code.Count >= MostInstructions)
        {
            throw new RegexSyntaxException("expression too large", 0);
        }

        _code.Add(instruction);
        return _code.Count - 1;
    }

    private void Write(RegexNode node)
    {
        switch (node)
        {
            case CharacterNode character:
                Emit(new Instruction(Operation.Character, character.Character, 0, null));
                break;
            case SetNode set:
                Emit(set.Set.Single is var single and >= 0
                    ? new Instruction(Operation.Character, single, 0, null)
                    : new Instruction(Operation.Set, 0, 0, set.Set));
                break;
            case AssertNode assert:
                Emit(new Instruction(Operation.Assert, (int)assert.Assertion, 0, null));
                break;
            case SequenceNode sequence:
                sequence.Parts.ForEach(Write);
                break;
            case GroupNode group:
                Emit(new Instruction(Operation.Save, 2 * group.Index, 0, null));
                Write(group.Part);
                Emit(new Instruction(Operation.Save, (2 * group.Index) + 1, 0, null));
                break;
            case ChoiceNode choice:
                Choice(choice.Options);
                break;
            case RepeatNode repeat:
                Repeat(repeat);
                break;
        }
    }

    private void Choice(List<RegexNode> options)
    {
        var ends = new List<int>();
        for (var i = 0; i < options.Count; i++)
        {
            if (i + 1 == options.Count)
            {
                Write(options[i]);
                break;
            }

            var split = Emit(default);
            Write(options[i]);
            ends.Add(Emit(default));
            _code[split] = new Instruction(Operation.Split, split + 1, _code.Count, null);
        }

        foreach (var end in ends)
        {
            _code[end] = new Instruction(Operation.Jump, _code.Count, 0, null);
        }
    }

    private void Repeat(RepeatNode repeat)
    {
        for (var (i, before) = (0, _code.Count); i < repeat.Least; i++)
        {
            Write(repeat.Part);
            if (_code.Count == before)
            {
                // Nothing, a thousand times a thousand times, is nothing.
                return;
            }
        }

        if (repeat.Most < 0)
        {
            var split = Emit(default);
            Write(repeat.Part);
            Emit(new Instruction(Operation.Jump, split, 0, null));
            _code[split] = Split(split + 1, _code.Count, repeat.Greedy);
            return;
        }

        var splits = new List<int>();
        for (var i = repeat.Least; i < repeat.Most; i++)
        {
            splits.Add(Emit(default));
            Write(repeat.Part);
        }

        foreach (var split in splits)
        {
            _code[split] = Split(split + 1, _code.Count, repeat.Greedy);
        }
    }

    private static Instruction Split(int into, int past, bool greedy) =>
        greedy ? new Instruction(Operation.Split, into, past, null) : new Instruction(Operation.Split, past, into, null);

    public enum Operation
    {
        Character,
        Set,
        Split,
        Jump,
        Save,
        Assert,
        Match,
    }

    /// <summary>One instruction. What the numbers mean depends on the operation.</summary>
    public readonly record struct Instruction(Operation Operation, int A, int B, CharSet? Set);
}
