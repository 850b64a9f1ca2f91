using System.Buffers;
using System.Text;
using System.Text.Json;
using Casemate.Node;
using Casemate.Serve;

namespace Casemate.Cli.Node;

/// <summary>What a running agent serves of itself, beside health and metrics: for <c>casemate node describe --running</c>.</summary>
internal static class NodePages
{
    /// <summary>Path of the JSON form.</summary>
    public const string Json = "/describe";

    /// <summary>Path of the form for people.</summary>
    public const string Text = "/describe/text";

    /// <summary>The pages of an agent.</summary>
    /// <param name="agent">The agent; null while it starts.</param>
    /// <param name="title">What the machine is.</param>
    public static IReadOnlyList<HealthPage> Of(Func<NodeAgent?> agent, string title) =>
    [
        new HealthPage(Json, "application/json", () => agent() is { } running ? WriteJson(running, title) : null),
        new HealthPage(Text, "text/plain; charset=utf-8", () => agent() is { } running ? WriteText(running, title) : null),
    ];

    private static ReadOnlyMemory<byte> WriteText(NodeAgent agent, string title) =>
        Encoding.UTF8.GetBytes(string.Join('\n', agent.Describe(title).ToLines()) + "\n");

    private static ReadOnlyMemory<byte> WriteJson(NodeAgent agent, string title)
    {
        var content = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            agent.Describe(title).WriteMembers(json);
            json.WriteEndObject();
        }

        return content.WrittenMemory;
    }
}
