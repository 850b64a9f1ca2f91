using System.Text;
using System.Text.Json.Nodes;

namespace Casemate.KataPolicy;

/// <summary>A request as JSON that can be changed.</summary>
internal sealed record JsonRequest(string Kind, JsonObject Body)
{
    internal AgentRequest Read() => TryRead(out var error) ?? throw new InvalidOperationException(error);

    internal AgentRequest? TryRead(out string? error)
    {
        AgentRequest.TryRead(Kind, Encoding.UTF8.GetBytes(Body.ToJsonString()), out var request, out error);
        return request;
    }

    /// <summary>The same with every field that the agent would fill in.</summary>
    internal JsonRequest Whole() => new(Kind, JsonNode.Parse(Read().Input.ToJson())!.AsObject());
}
