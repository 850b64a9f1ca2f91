using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.KataPolicy;

/// <summary>One line of a recording: <c>{"kind": "CreateContainerRequest", "request": {…}, "allowed": true}</c>.</summary>
/// <param name="Request">The request.</param>
/// <param name="Allowed">What the policy should answer; null when the recording does not say.</param>
/// <param name="Description">What the line shows; empty when it does not say.</param>
public sealed record RecordedRequest(AgentRequest Request, bool? Allowed, string Description)
{
    /// <summary>
    /// Whether a line is the answer that an agent wrote behind a request: the agent's log has <c>{"allowed": …, "ops": […]}</c> in the
    /// place of the request where a rule gives more than true or false. Source: kata-containers, src/agent/policy/src/policy.rs.
    /// </summary>
    /// <param name="utf8Json">The line, UTF-8.</param>
    public static bool IsAnswer(ReadOnlyMemory<byte> utf8Json)
    {
        if (utf8Json.Length > AgentRequest.MaximumBytes || !StrictJson.TryParse(utf8Json, out var document, out _))
        {
            return false;
        }

        using (document)
        {
            return document.RootElement is { ValueKind: JsonValueKind.Object } line
                && line.TryGetProperty("request", out var body) && body.ValueKind is JsonValueKind.Object
                && body.TryGetProperty("allowed", out var allowed) && allowed.ValueKind is JsonValueKind.True or JsonValueKind.False
                && body.EnumerateObject().All(member => member.Name is "allowed" or "ops");
        }
    }

    /// <summary>Writes the members of one line.</summary>
    /// <param name="json">The writer, within an object.</param>
    public void Write(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteString("kind", Request.Kind);
        if (Description.Length > 0)
        {
            json.WriteString("description", Description);
        }

        json.WritePropertyName("request");
        json.WriteRawValue(Request.Input.ToJson());
        if (Allowed is { } allowed)
        {
            json.WriteBoolean("allowed", allowed);
        }
    }

    /// <summary>Reads one line.</summary>
    /// <param name="utf8Json">The line, UTF-8.</param>
    /// <param name="recorded">What it says; null when refused.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out RecordedRequest? recorded, [NotNullWhen(false)] out string? error)
    {
        recorded = null;
        if (utf8Json.Length > AgentRequest.MaximumBytes)
        {
            error = $"the line has {utf8Json.Length} bytes, the limit is {AgentRequest.MaximumBytes}";
            return false;
        }

        if (!StrictJson.TryParse(utf8Json, out var document, out error))
        {
            return false;
        }

        using (document)
        {
            try
            {
                var json = new JsonMembers(document.RootElement, "");
                var kind = json.String("kind");
                var allowed = json.Has("allowed") ? json.Boolean("allowed") : (bool?)null;
                var description = json.Has("description") ? json.String("description") : "";
                var body = json.Take("request");
                json.End();
                if (!AgentRequest.TryRead(kind, body, out var request, out error))
                {
                    return false;
                }

                recorded = new RecordedRequest(request, allowed, description);
                error = null;
                return true;
            }
            catch (PolicyDataException e)
            {
                error = e.Message;
                return false;
            }
        }
    }
}
