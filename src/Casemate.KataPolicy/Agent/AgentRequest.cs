using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Rego;

namespace Casemate.KataPolicy;

/// <summary>One request as the agent hands it to its policy: every field present, those that were not set with protobuf's
/// defaults.</summary>
/// <param name="Kind">The name of the message, such as <c>CreateContainerRequest</c>.</param>
/// <param name="Input">The request, the document <c>input</c> of the policy.</param>
public sealed record AgentRequest(string Kind, RegoObject Input)
{
    /// <summary>The largest request that is read: 16 MiB.</summary>
    public const int MaximumBytes = 16 * 1024 * 1024;

    /// <summary>Reads a request from JSON in which fields may be missing, and fills them in.</summary>
    /// <param name="kind">The name of the message; <c>Request</c> at its end may be left out.</param>
    /// <param name="json">The request.</param>
    /// <param name="request">The request, whole; null when refused.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(
        string kind, JsonElement json, [NotNullWhen(true)] out AgentRequest? request, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(kind);
        try
        {
            return TryRead(kind, RegoValue.From(json), out request, out error);
        }
        catch (ArgumentException)
        {
            request = null;
            error = $"{kind} holds a number that is out of range";
            return false;
        }
    }

    /// <summary>Reads a request from JSON text.</summary>
    /// <param name="kind">The name of the message; <c>Request</c> at its end may be left out.</param>
    /// <param name="utf8Json">The request, UTF-8.</param>
    /// <param name="request">The request, whole; null when refused.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(
        string kind, ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out AgentRequest? request, [NotNullWhen(false)] out string? error)
    {
        request = null;
        if (utf8Json.Length > MaximumBytes)
        {
            error = $"the request has {utf8Json.Length} bytes, the limit is {MaximumBytes}";
            return false;
        }

        return RegoValue.TryReadJson(utf8Json, out var value, out error) && TryRead(kind, value, out request, out error);
    }

    private static bool TryRead(
        string kind, RegoValue value, [NotNullWhen(true)] out AgentRequest? request, [NotNullWhen(false)] out string? error)
    {
        request = null;
        if (!AgentRequests.TryFind(kind, out var known, out error))
        {
            return false;
        }

        try
        {
            request = new AgentRequest(known, RequestReader.Read(known, value));
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
