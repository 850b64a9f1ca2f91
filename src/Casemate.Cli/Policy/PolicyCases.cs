using Casemate.Cli.Commands;
using Casemate.KataPolicy;
using Casemate.Primitives.Json;

namespace Casemate.Cli.Policy;

/// <summary>Recorded requests in files.</summary>
internal static class PolicyCases
{
    private const int MaximumCases = 100_000;
    private const string Line = "A line is {\"kind\": \"CreateContainerRequest\", \"request\": {…}, \"allowed\": true}.";

    /// <summary>Reads JSON lines; empty lines are skipped.</summary>
    /// <param name="context">The run.</param>
    /// <param name="path">The file, or <c>-</c>.</param>
    /// <param name="answers">How many lines are answers of an agent, which its log has behind requests, and were passed over.</param>
    /// <exception cref="CliException">A line cannot be read; the message names it (exit code 3).</exception>
    public static IReadOnlyList<(int Line, RecordedRequest Recorded)> Read(CommandContext context, string path, out int answers)
    {
        answers = 0;
        var name = PolicyInput.NameOf(path);
        ReadOnlyMemory<byte> content = PolicyInput.ReadBytes(context, null, path);
        var cases = new List<(int, RecordedRequest)>();
        for (var line = 1; content.Length > 0; line++)
        {
            var end = content.Span.IndexOf((byte)'\n');
            var text = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            if (text.Span.Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }

            if (RecordedRequest.IsAnswer(text))
            {
                answers++;
                continue;
            }

            if (!RecordedRequest.TryRead(text, out var recorded, out var error))
            {
                throw CliException.BadInput(
                    $"{name}:{line}: {error}",
                    text.Span.TrimStart(" \t"u8).StartsWith("[\"ep\":"u8)
                        ? "This is the log of an older agent, which is not JSON: "
                            + "write [\"ep\":\"KIND\",{…}], as {\"kind\":\"KIND\",\"request\":{…}}."
                        : Line);
            }

            cases.Add((line, recorded));
            if (cases.Count > MaximumCases)
            {
                throw CliException.BadInput($"{name} has more than {MaximumCases} requests", "Give it in parts.");
            }
        }

        return cases;
    }

    /// <summary>Reads one request, with its kind or, when <paramref name="kind"/> is given, alone.</summary>
    /// <exception cref="CliException">It cannot be read (exit code 3).</exception>
    public static AgentRequest ReadOne(CommandContext context, string path, string? kind)
    {
        var content = PolicyInput.ReadBytes(context, null, path);
        string? error;
        if (kind is not null)
        {
            if (!AgentRequests.TryFind(kind, out kind, out error))
            {
                throw CliException.BadInput($"--kind: {error}", "Write it as the agent does, such as CreateContainerRequest.");
            }

            return AgentRequest.TryRead(kind, content, out var alone, out error) ? alone
                : throw CliException.BadInput($"{PolicyInput.NameOf(path)}: {error}", $"Give the fields of one {kind} as a JSON object.");
        }

        if (CountLines(content) is > 1 and var count)
        {
            throw CliException.BadInput(
                $"{PolicyInput.NameOf(path)} holds {count} requests, and one is explained",
                "Leave the one that is meant, and give those before it with --after FILE; or put all of them to 'casemate policy test'.");
        }

        if (StrictJson.TryParse(content, out var document, out error))
        {
            document.Dispose();
            if (RecordedRequest.TryRead(content, out var recorded, out error))
            {
                return recorded.Request;
            }
        }

        throw CliException.BadInput($"{PolicyInput.NameOf(path)}: {error}", "Write {\"kind\": \"CreateContainerRequest\", \"request\": {…}}, or give --kind.");
    }

    // Lines that are requests by themselves; 0 where one is not, such as in one request that is laid out over several lines.
    private static int CountLines(byte[] content)
    {
        var count = 0;
        ReadOnlyMemory<byte> rest = content;
        while (rest.Length > 0)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.Span.Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }

            if (!StrictJson.TryParse(line, out var document, out _))
            {
                return 0;
            }

            document.Dispose();
            count++;
        }

        return count;
    }
}
