using System.Text;
using System.Text.Json;
using Casemate.Primitives.Files;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Registry;

/// <summary>One file with credentials. What stands in it never enters a message.</summary>
internal sealed class DockerCredentialFile
{
    private const int MaxBytes = 1 << 20;
    private const string DockerRegistry = "docker.io";
    private const string DockerKey = "https://index.docker.io/v1/";

    private readonly string _path;
    private readonly Dictionary<string, RegistryCredential?> _auths = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _helpers = new(StringComparer.Ordinal);
    private string? _store;

    private DockerCredentialFile(string path) => _path = path;

    /// <summary>Reads a file; null when there is none.</summary>
    /// <exception cref="OciException">It cannot be read, or is malformed.</exception>
    public static DockerCredentialFile? TryOpen(string path)
    {
        byte[] content;
        try
        {
            content = WholeFile.Read(path, MaxBytes);
        }
        catch (FileTooLargeException exception)
        {
            throw new OciException(
                OciError.LimitExceeded, $"'{Quoted.Of(path)}' is larger than 1 MiB, the limit for credentials", cause: exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OciException(
                OciError.Storage, $"the credentials in '{Quoted.Of(path)}' cannot be read", "Look at the permissions of the file.",
                    exception);
        }

        var file = new DockerCredentialFile(path);
        file.Read(content);
        return file;
    }

    /// <summary>The helper program for a registry, and what to ask it for; no helper where the file names none.</summary>
    public (string? Helper, string Server) HelperFor(string registry)
    {
        foreach (var key in KeysOf(registry))
        {
            if (_helpers.TryGetValue(key, out var helper))
            {
                return (helper.Length == 0 ? null : helper, key);
            }
        }

        return (_store, registry == DockerRegistry ? DockerKey : registry);
    }

    /// <summary>The credential that stands in the file itself: that of the longest part of the repository's path which has one.</summary>
    public RegistryCredential? Find(string registry, string repository)
    {
        foreach (var key in KeysOf(registry))
        {
            for (var path = repository; path.Length > 0; path = path[..Math.Max(path.LastIndexOf('/'), 0)])
            {
                if (_auths.TryGetValue($"{key}/{path}", out var special) && special is not null)
                {
                    return special;
                }
            }
        }

        foreach (var key in KeysOf(registry))
        {
            if (_auths.TryGetValue(key, out var found) && found is not null)
            {
                return found;
            }
        }

        // Old tools wrote the registry's whole address.
        var host = KeysOf(registry).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return _auths.FirstOrDefault(entry => entry.Value is not null && host.Contains(HostOf(entry.Key))).Value;
    }

    private static IEnumerable<string> KeysOf(string registry) =>
        registry == DockerRegistry ? [DockerKey, "index.docker.io", "docker.io", "registry-1.docker.io"] : [registry];

    private static string HostOf(string key)
    {
        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        var hasScheme = scheme > 0;
        var rest = hasScheme ? key[(scheme + 3)..] : key;
        var slash = rest.IndexOf('/');
        return slash < 0 ? rest : hasScheme || rest[slash..] is "/v1" or "/v2" or "/v1/" or "/v2/" or "/" ? rest[..slash] : key;
    }

    private void Read(byte[] content)
    {
        if (content.Length == 0)
        {
            return;
        }

        if (!StrictJson.TryParse(content, out var document, out var problem))
        {
            throw Malformed(problem);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object)
            {
                throw Malformed("it is not a JSON object");
            }

            foreach (var entry in Members(root, "auths"))
            {
                _auths[entry.Name] = ReadAuth(entry.Value, entry.Name);
            }

            foreach (var entry in Members(root, "credHelpers"))
            {
                _helpers[entry.Name] = entry.Value.ValueKind is JsonValueKind.String
                    ? entry.Value.GetString()!
                    : throw Malformed("a member of 'credHelpers' is not a text");
            }

            _store = root.TryGetProperty("credsStore", out var store) && store.ValueKind is JsonValueKind.String
                && store.GetString() is { Length: > 0 } name
                ? name
                : null;
        }
    }

    private JsonElement.ObjectEnumerator Members(JsonElement root, string name) =>
        !root.TryGetProperty(name, out var found) || found.ValueKind is JsonValueKind.Null ? default
        : found.ValueKind is JsonValueKind.Object ? found.EnumerateObject()
        : throw Malformed($"'{name}' is not an object");

    private RegistryCredential? ReadAuth(JsonElement entry, string name)
    {
        if (entry.ValueKind is not JsonValueKind.Object)
        {
            throw Malformed($"'auths' has something else than an object for '{Quoted.Of(name)}'");
        }

        if (Text(entry, "identitytoken") is { } identity)
        {
            return RegistryCredential.OfIdentityToken(identity);
        }

        if (Text(entry, "registrytoken") is { } token)
        {
            return RegistryCredential.OfRegistryToken(token);
        }

        if (Text(entry, "auth") is not { } auth)
        {
            // An empty entry is how Docker notes that the credential is kept by a helper.
            return Text(entry, "username") is { } user && Text(entry, "password") is { } password
                ? RegistryCredential.OfPassword(user, password)
                : null;
        }

        var bytes = new byte[auth.Length];
        if (!Convert.TryFromBase64String(auth, bytes, out var length))
        {
            throw Malformed($"'auth' for '{Quoted.Of(name)}' is not base64");
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0');
        var colon = text.IndexOf(':');
        return colon > 0
            ? RegistryCredential.OfPassword(text[..colon], text[(colon + 1)..])
            : throw Malformed($"'auth' for '{Quoted.Of(name)}' has no colon between user and password");
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text : null;

    private OciException Malformed(string problem) => new(
        OciError.MalformedDocument, $"the credentials in '{Quoted.Of(_path)}' are malformed: {problem}", "Log in again, or mend the file.");
}
