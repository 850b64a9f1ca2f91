using System.Text.Json;
using Casemate.Primitives.Files;
using Casemate.Primitives.Json;

namespace Casemate.Node.Dra;

/// <summary>
/// The claims that are ready on this node, a file each: written after the claim's CDI file and removed after it, so that a claim with a
/// state file was answered for, and one without was not. Beside each is a copy, written before it and removed after it: a file that is
/// damaged must not take with it how much its claim holds.
/// </summary>
internal sealed class ClaimStateFiles(DraSettings settings)
{
    private const string Suffix = ".json";
    private const int Version = 1;
    private const int LongestFile = 256 * 1024;                            // 32 results of some hundred bytes
    private const int MostDevices = 256;

    /// <summary>The directory.</summary>
    public string Directory { get; } = Path.Combine(settings.Home, "claims");

    /// <summary>The directory of the copies.</summary>
    public string CopyDirectory { get; } = Path.Combine(settings.Home, "claims-copy");

    /// <summary>The path of a claim's file.</summary>
    public string PathOf(string uid) => Path.Combine(Directory, uid + Suffix);

    /// <summary>The path of the copy of a claim's file.</summary>
    public string CopyOf(string uid) => Path.Combine(CopyDirectory, uid + Suffix);

    /// <summary>Makes the directories and clears what interrupted writes left, and copies of claims never answered for.</summary>
    public void Open()
    {
        foreach (var directory in (ReadOnlySpan<string>)[Directory, CopyDirectory])
        {
            System.IO.Directory.CreateDirectory(directory);
            AtomicFile.RemoveLeftovers(directory);
        }

        foreach (var orphan in UidsIn(CopyDirectory).Except(Uids(), StringComparer.Ordinal).ToList())
        {
            AtomicFile.Delete(CopyOf(orphan));
        }
    }

    /// <summary>The UIDs of all claims with a file, readable or not.</summary>
    public IReadOnlyList<string> Uids() => [.. UidsIn(Directory)];

    /// <summary>Writes a claim's file.</summary>
    public void Write(PreparedClaim claim)
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("uid", claim.Uid);
            json.WriteString("namespace", claim.Namespace);
            json.WriteString("name", claim.Name);
            json.WriteString("pool", claim.Pool);
            json.WriteStartArray("devices");
            foreach (var device in claim.Devices)
            {
                json.WriteStartObject();
                json.WriteString("request", device.Request);
                json.WriteString("device", device.Device);
                json.WriteString("shareID", device.ShareId);
                json.WriteNumber("kind", (int)device.Kind);
                json.WriteNumber("bytes", device.Bytes);
                json.WriteNumber("numa", device.Numa ?? -1);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        var whole = content.ToArray();
        settings.Write(CopyOf(claim.Uid), whole);
        settings.Write(PathOf(claim.Uid), whole);
    }

    /// <summary>Removes a claim's file and its copy; one that is not there is as good.</summary>
    public void Remove(string uid)
    {
        AtomicFile.Delete(PathOf(uid));
        AtomicFile.Delete(CopyOf(uid));
    }

    /// <summary>Reads a claim's file, or its copy where the file is damaged.</summary>
    /// <param name="uid">The claim.</param>
    /// <param name="problem">Why the file cannot be used, whether or not its copy can; null when it can, and when there is none.</param>
    /// <returns>The claim; null when there is none, or file and copy are damaged.</returns>
    public PreparedClaim? Read(string uid, out string? problem)
    {
        var claim = Read(PathOf(uid), uid, out problem);
        return claim is null && problem is not null ? Read(CopyOf(uid), uid, out _) : claim;
    }

    private static IEnumerable<string> UidsIn(string directory) => System.IO.Directory.EnumerateFiles(directory, "*" + Suffix)
        .Select(path => Path.GetFileNameWithoutExtension(path)).Where(DraNames.IsUid);

    private static PreparedClaim? Read(string path, string uid, out string? problem)
    {
        problem = null;
        if (!File.Exists(path))
        {
            return null;
        }

        if (new FileInfo(path).Length > LongestFile)
        {
            problem = "it is too long";
            return null;
        }

        if (!StrictJson.TryParse(File.ReadAllBytes(path), out var document, out problem))
        {
            return null;
        }

        using (document)
        {
            var claim = TryRead(document.RootElement);
            problem = claim?.Uid == uid ? null : "its members are not those of a claim's state";
            return problem is null ? claim : null;
        }
    }

    private static PreparedClaim? TryRead(JsonElement root)
    {
        if (root.ValueKind is not JsonValueKind.Object || !TryNumber(root, "version", out var version) || version != Version
            || Text(root, "uid") is not { } uid || Text(root, "namespace") is not { } space || Text(root, "name") is not { } name
            || Text(root, "pool") is not { } pool || !root.TryGetProperty("devices", out var list)
            || list.ValueKind is not JsonValueKind.Array || list.GetArrayLength() is 0 or > MostDevices)
        {
            return null;
        }

        var devices = new List<PreparedDevice>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind is not JsonValueKind.Object
                || Text(item, "request") is not { } request || Text(item, "device") is not { } device
                || !TryNumber(item, "kind", out var kind) || !Enum.IsDefined((DraDeviceKind)kind)
                || !TryNumber(item, "bytes", out var bytes) || bytes < 0
                || !TryNumber(item, "numa", out var numa) || numa is < -1 or > int.MaxValue)
            {
                return null;
            }

            devices.Add(new PreparedDevice(
                request, device, Text(item, "shareID"), (DraDeviceKind)kind, bytes, numa < 0 ? null : (int)numa));
        }

        return new PreparedClaim(uid, space, name, pool, [.. devices]);
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static bool TryNumber(JsonElement element, string name, out long number)
    {
        number = 0;
        return element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out number);
    }
}
