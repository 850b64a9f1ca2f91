using System.Diagnostics.CodeAnalysis;
using Casemate.Primitives.Json;

namespace Casemate.KataPolicy;

/// <summary>One line of a recording: <c>{"kind": "CreateContainerRequest", "request": {…}, "allowed": true}</c>.</summary>
/// <param name="Request">The request.</param>
/// <param name="Allowed">What the policy should answer; null when the recording does not say.</param>
/// <param name="Description">What the line shows; empty when it does not say.</param>
public sealed record RecordedRequest(AgentRequest Request, bool? Allowed, string Description)
{
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
