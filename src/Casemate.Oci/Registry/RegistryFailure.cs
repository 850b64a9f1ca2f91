using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Registry;

/// <summary>
/// Puts a registry's refusal into words: what was asked, the status, and what the registry said about it. Source: OCI Distribution
/// Specification 1.1, "Error Codes".
/// </summary>
internal static class RegistryFailure
{
    /// <summary>How much of a refusal is read.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Makes the exception.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="body">Its body; may be empty.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="scrub">Takes credentials out of a text: some services repeat them.</param>
    public static OciException Of(HttpResponseMessage response, byte[] body, RegistryRequest request, Func<string, string> scrub)
    {
        var (code, said) = Read(body);
        var status = (int)response.StatusCode;
        var error = (status, code) switch
        {
            (_, "DIGEST_INVALID" or "SIZE_INVALID") => OciError.DigestMismatch,
            (401, _) => OciError.Unauthorized,
            (403, _) => OciError.Denied,
            (404, _) => OciError.NotFound,
            (413, _) => OciError.LimitExceeded,
            _ when RegistryHttp.IsTransient(response.StatusCode) => OciError.Unavailable,
            _ => OciError.UnexpectedResponse,
        };
        var where = RegistryAddress.Show(response.RequestMessage?.RequestUri ?? request.Address);
        var what = $"{where} answered {status} to {request.Method.Method}";
        var message = said.Length > 0 ? $"{what}: {Quoted.Of(scrub(said))}" : what;
        if (error is OciError.NotFound && request.Manifest is { } wanted)
        {
            var kind = Digest.TryParse(wanted, out _) ? "manifest" : "tag";
            message = $"{request.Registry}/{request.Repository} has no {kind} '{Quoted.Of(wanted)}': {message}";
        }

        return new OciException(error, message, Join(RemedyFor(error, request.Registry), HintFor(error, request)));
    }

    /// <summary>Joins two remedies, either of which may be missing.</summary>
    public static string? Join(string? first, string? second) => first is null || second is null ? first ?? second : $"{first} {second}";

    /// <summary>What a name without a registry was read as: a path that was mistyped, or a word meant otherwise, ends there as well.</summary>
    public static string? HintFor(OciError error, RegistryRequest request) =>
        request.Registry == ImageReference.DockerRegistry
            && error is OciError.NotFound or OciError.Unauthorized or OciError.Denied or OciError.Unavailable
            ? $"A name without a registry is read as one of docker.io, here {request.Registry}/{request.Repository}; a path begins with './' or '/'."
            : null;

    private static string? RemedyFor(OciError error, string registry) => error switch
    {
        OciError.Unauthorized => $"Log in to {registry} (docker login, podman login), or look at the name: some registries answer so where there is nothing.",
        OciError.Denied => $"Ask for the right to this repository of {registry}.",
        OciError.Unavailable => "Try again later.",
        _ => null,
    };

    // {"errors":[{"code":"…","message":"…"}]}; anything else is quoted if it is short text.
    private static (string Code, string Said) Read(byte[] body)
    {
        if (body.Length == 0 || !StrictJson.TryParse(body, out var document, out _))
        {
            return ("", "");
        }

        using (document)
        {
            if (document.RootElement.ValueKind is not JsonValueKind.Object
                || !document.RootElement.TryGetProperty("errors", out var errors) || errors.ValueKind is not JsonValueKind.Array
                || errors.GetArrayLength() == 0 || errors[0].ValueKind is not JsonValueKind.Object)
            {
                return ("", "");
            }

            var code = Text(errors[0], "code");
            var message = Text(errors[0], "message");
            return (code, message.Length > 0 && code.Length > 0 ? $"{message} ({code})" : message + code);
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString()! : "";
}
