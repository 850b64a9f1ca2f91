using System.Globalization;
using System.Text;
using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>A container of the pod that is judged.</summary>
internal sealed class ReviewedContainer
{
    private static readonly byte[] s_aesmVariable = Encoding.ASCII.GetBytes(PodNames.AesmVariable);

    private readonly List<StatedAmount> _amounts = [];
    private readonly long?[] _counts = new long?[AccessResource.All.Count];
    private long _largest;

    public ReviewedContainer(JsonElement json, string list, int index, ContainerKind kind, bool isEphemeral)
    {
        Json = json.ValueKind is JsonValueKind.Object ? json : throw new MalformedPodException(list, "list of mappings");
        (Kind, IsEphemeral) = (kind, isEphemeral);
        Pointer = string.Create(CultureInfo.InvariantCulture, $"/spec/{list}/{index}");
        Place = string.Create(CultureInfo.InvariantCulture, $"spec.{list}[{index}]");
        Name = PodShape.Text(json, "name") ?? "";
        Resources = PodShape.Object(json, "resources");
        Limits = PodShape.Object(Resources, "limits");
        Requests = PodShape.Object(Resources, "requests");
        LimitsPointer = Pointer + "/resources/limits";
        RequestsPointer = Pointer + "/resources/requests";
        AesmAddresses = PodShape.Named(json, "env", s_aesmVariable);
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] = ReadCount(AccessResource.All[i]);
        }
    }

    public JsonElement Json { get; }

    public ContainerKind Kind { get; }

    public bool IsEphemeral { get; }

    public string Pointer { get; }

    public string Place { get; }

    public string Name { get; }

    public JsonElement? Resources { get; }

    public JsonElement? Limits { get; }

    public JsonElement? Requests { get; }

    /// <summary>Its amounts of EPC that are more than nothing.</summary>
    public IReadOnlyList<StatedAmount> Amounts => _amounts;

    /// <summary>False when an amount cannot be read: then none of them is touched.</summary>
    public bool IsReadable { get; set; } = true;

    /// <summary>Its EPC: the largest of its amounts, since all names mean the same memory.</summary>
    public long Bytes => IsReadable ? _largest : 0;

    public string LimitsPointer { get; }

    public string RequestsPointer { get; }

    /// <summary>Limits and requests, each with its place.</summary>
    public IEnumerable<(JsonElement? Map, string Pointer)> Maps => [(Limits, LimitsPointer), (Requests, RequestsPointer)];

    /// <summary>
    /// How many of a resource without an amount it asks for; null when it does not state it, or in a way that is no number.
    /// </summary>
    /// <param name="resource">One of <see cref="AccessResource.All"/>.</param>
    public long? Count(string resource)
    {
        var index = 0;
        while (AccessResource.All[index] != resource)
        {
            index++;
        }

        return _counts[index];
    }

    /// <summary>What it sets the address of AESM to; empty when it does not.</summary>
    public IReadOnlyList<JsonElement> AesmAddresses { get; }

    public void Add(StatedAmount amount)
    {
        _amounts.Add(amount);
        _largest = Math.Max(_largest, amount.Bytes);
    }

    /// <summary>Whether it mounts something at a directory, above it or in it.</summary>
    public bool Mounts(params ReadOnlySpan<string> directories)
    {
        foreach (var mount in PodShape.Items(Json, "volumeMounts"))
        {
            var path = (PodShape.Text(mount, "mountPath") ?? "").TrimEnd('/') + "/";
            foreach (var directory in directories)
            {
                if (path.StartsWith(directory + "/", StringComparison.Ordinal)
                    || $"{directory}/".StartsWith(path, StringComparison.Ordinal))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // A null in one map says nothing about the other.
    private long? ReadCount(string resource) => ReadCount(Limits, resource) ?? ReadCount(Requests, resource);

    private static long? ReadCount(JsonElement? map, string resource) =>
        map is { } members && members.TryGetProperty(resource, out var value) && Quantity.TryReadWhole(PodShape.Amount(value), out var count)
            ? count : null;
}
