using Casemate.Cli.Commands;
using Casemate.KataPolicy;
using Casemate.Primitives.Json;

namespace Casemate.Cli.Policy;

/// <summary>Recorded requests in files.</summary>
internal static class PolicyCases
{
    private const int MaximumCases = 100_000;

    /// <summary>Reads JSON lines; empty lines are skipped.</summary>
    /// <exception cref="CliException">A line cannot be read; the message names it (exit code 3).</exception>
    public static IReadOnlyList<(int Line, RecordedRequest Recorded)> Read(CommandContext context, string path)
    {
        var name = path == "-" ? "standard input" : path;
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

            if (!RecordedRequest.TryRead(text, out var recorded, out var error))
            {
                throw CliException.BadInput(
                    $"{name}:{line}: {error}", "A line is {\"kind\": \"CreateContainerRequest\", \"request\": {…}, \"allowed\": true}.");
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
            return AgentRequest.TryRead(kind, content, out var alone, out error) ? alone : throw CliException.BadInput($"{path}: {error}");
        }

        if (StrictJson.TryParse(content, out var document, out error))
        {
            document.Dispose();
            if (RecordedRequest.TryRead(content, out var recorded, out error))
            {
                return recorded.Request;
            }
        }

        throw CliException.BadInput($"{path}: {error}", "Write {\"kind\": \"CreateContainerRequest\", \"request\": {…}}, or give --kind.");
    }
}
