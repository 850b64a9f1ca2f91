using System.Runtime.InteropServices;
using System.Text.Json;

namespace Casemate.Admission;

/// <summary>The request of a review that was read. Source: Kubernetes, <c>admission.k8s.io/v1</c>.</summary>
internal sealed class ReviewRequest(JsonDocument review) : IDisposable
{
    private readonly JsonElement _request = review.RootElement.GetProperty("request"u8);

    /// <summary>What the answer names; never empty.</summary>
    public ReadOnlySpan<byte> Uid => Text(_request, "uid"u8);

    /// <summary>The object's namespace; empty when it has none.</summary>
    public ReadOnlySpan<byte> Namespace => Text(_request, "namespace"u8);

    /// <summary>The object's name; empty when it has none yet.</summary>
    public ReadOnlySpan<byte> Name => Text(_request, "name"u8);

    /// <summary>True where nothing will become of the object.</summary>
    public bool IsDryRun => _request.TryGetProperty("dryRun"u8, out var value) && value.ValueKind is JsonValueKind.True;

    /// <summary>A pod that is being made: everything in it can still be changed.</summary>
    public bool IsNewPod => IsOfPods && Text(_request, "subResource"u8).IsEmpty && Text(_request, "operation"u8).SequenceEqual("CREATE"u8);

    /// <summary>A pod that gets an ephemeral container.</summary>
    public bool IsDebuggedPod => IsOfPods && Text(_request, "subResource"u8).SequenceEqual("ephemeralcontainers"u8);

    /// <summary>The object that is about to be made; undefined when it has none.</summary>
    public JsonElement Object => _request.TryGetProperty("object"u8, out var value) ? value : default;

    /// <summary>The object's bytes; empty when it has none.</summary>
    public ReadOnlySpan<byte> ObjectText => Object is { ValueKind: JsonValueKind.Object } value ? JsonMarshal.GetRawUtf8Value(value) : default;

    private bool IsOfPods => _request.TryGetProperty("resource"u8, out var resource) && resource.ValueKind is JsonValueKind.Object
        && Text(resource, "resource"u8).SequenceEqual("pods"u8);

    /// <summary>What stands between the quotes of a text.</summary>
    public static ReadOnlySpan<byte> TextOf(JsonElement text) => JsonMarshal.GetRawUtf8Value(text)[1..^1];

    public void Dispose() => review.Dispose();

    private static ReadOnlySpan<byte> Text(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? TextOf(value) : default;
}
