namespace Casemate.Profile;

/// <summary>A method as the just-in-time compiler writes it: <c>Namespace.Type`1+Nested[Arg]:Name[Arg](int,Other) [FullOpts, …]</c>.</summary>
internal sealed record JitMethodName(JitTypeName Type, string Name, IReadOnlyList<JitTypeName> Arguments, int Parameters)
{
    private const string Prefix = "JIT compiled ";

    /// <summary>Reads a line of <c>DOTNET_JitStdOutFile</c>; null when it is not about a method that has a name in metadata.</summary>
    public static JitMethodName? TryRead(string line)
    {
        var begin = line.IndexOf(Prefix, StringComparison.Ordinal);
        var end = line.LastIndexOf(" [", StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            return null;
        }

        var text = line[(begin + Prefix.Length)..end];
        if (text.Contains("(dynamicClass)", StringComparison.Ordinal) || text.Contains("ILStubClass", StringComparison.Ordinal) || !text.EndsWith(')'))
        {
            return null;
        }

        // A colon outside of all brackets parts type and method; explicit implementations have dots and brackets in their own names.
        var colon = JitTypeName.IndexOutside(text, ':');
        var open = text.Length - 1;
        for (var depth = 0; open >= 0; open--)
        {
            depth += text[open] is ')' ? 1 : text[open] is '(' ? -1 : 0;
            if (depth == 0)
            {
                break;
            }
        }

        if (colon < 0 || open < colon)
        {
            return null;
        }

        var name = text[(colon + 1)..open];
        List<JitTypeName> arguments = [];
        if (name.EndsWith(']') && name.LastIndexOf('[', name.Length - 1) > 0)
        {
            var start = JitTypeName.OpeningOf(name);
            arguments = [.. JitTypeName.SplitOutside(name[(start + 1)..^1], ',').Select(JitTypeName.Read)];
            name = name[..start];
        }

        var list = text[(open + 1)..^1];
        return new JitMethodName(
            JitTypeName.Read(text[..colon]), name, arguments, list.Length == 0 ? 0 : JitTypeName.SplitOutside(list, ',').Count());
    }
}
