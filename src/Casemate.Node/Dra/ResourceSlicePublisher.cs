using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Node.Dra;

/// <summary>
/// Keeps the node's ResourceSlices as the catalog says: written again when hardware changes, when somebody else changed or deleted them,
/// and when the kubelet registered the driver, since it deletes the slices of its node when it starts.
/// </summary>
internal sealed class ResourceSlicePublisher(DraContext context)
{
    private const int LongestName = 253;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (string Version, string Content)> _written = new(StringComparer.Ordinal);
    private string? _content;

    /// <summary>The pool's generation; 0 before the first publication.</summary>
    public long Generation { get; private set; }

    /// <summary>How many devices are published.</summary>
    public int Devices { get; private set; }

    /// <summary>Why the slices are not as they should be; null when they are.</summary>
    public string? Problem { get; private set; } = "nothing is published yet";

    private KubeClient Client => context.Settings.Client;

    private KubeListOptions Own => new() { FieldSelector = $"spec.driver={DraNames.Driver},spec.nodeName={context.NodeName}" };

    /// <summary>Publishes until it is stopped; <see cref="WatchAsync"/> beside it tells of others' writing.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var wait = FirstWait;
        while (true)
        {
            var change = context.NextChange;
            if (await TryPublishAsync(stopping).ConfigureAwait(false))
            {
                wait = FirstWait;
                await change.WaitAsync(stopping).ConfigureAwait(false);
            }
            else
            {
                await Task.Delay(wait, context.Time, stopping).ConfigureAwait(false);
                wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
            }
        }
    }

    /// <summary>Has everything looked at again when somebody else writes slices of the node, until it is stopped.</summary>
    public async Task WatchAsync(CancellationToken stopping)
    {
        await foreach (var change in new Informer(Client, KubeResource.ResourceSlices, Own).RunAsync(stopping).ConfigureAwait(false))
        {
            // Our own writing comes back as well; whoever looks again finds it as it should be.
            if (change.Object is null || change.Type is InformerChangeType.Deleted
                || _written.GetValueOrDefault(change.Object.Name).Version != change.Object.ResourceVersion)
            {
                context.Pulse();
            }
        }
    }

    /// <summary>Deletes the node's slices.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var slice in await ListAsync(cancellationToken).ConfigureAwait(false))
            {
                await DeleteAsync(slice, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is KubeException or KubeConfigurationException or OperationCanceledException)
        {
            DraLog.NotPublished(context.Logger, $"they cannot be deleted: {e.Message}");
        }
    }

    private async Task<bool> TryPublishAsync(CancellationToken stopping)
    {
        try
        {
            Problem = await PublishAsync(stopping).ConfigureAwait(false);
            if (Problem is not null)
            {
                DraLog.NotPublished(context.Logger, Problem);
            }

            context.Progressed();
            return true;
        }
        catch (Exception e) when (e is KubeException or KubeConfigurationException)
        {
            if (Problem != e.Message)
            {
                DraLog.NotPublished(context.Logger, e.Message);
            }

            Problem = e.Message;
            context.Progressed();
            return false;
        }
    }

    /// <summary>Makes the slices as they should be.</summary>
    /// <returns>What the server did not take over; null when all is as it should be.</returns>
    private async Task<string?> PublishAsync(CancellationToken cancellationToken)
    {
        var catalog = context.Catalog;
        var wanted = ResourceSliceDocument.DevicesOf(catalog);
        var content = ContentOf(wanted);
        var existing = await ListAsync(cancellationToken).ConfigureAwait(false);
        var inPlace = wanted.Select((_, index) => existing.FirstOrDefault(slice => slice.Name == NameOf(index))).ToList();
        var surplus = existing.Except(inPlace.OfType<KubeObject>()).ToList();
        var changed = surplus.Count > 0 || (_content is not null && _content != content)
            || inPlace.Where((slice, index) => slice is not null && !IsAsWanted(slice, wanted[index], wanted.Count)).Any();
        Devices = catalog.Devices.Count;
        if (!changed && !inPlace.Contains(null) && inPlace.Select(slice => GenerationOf(slice!)).Distinct().Count() <= 1)
        {
            Generation = inPlace.Select(slice => GenerationOf(slice!)).Append(Generation).Max();
            _content = content;
            return Dropped(inPlace!, wanted);
        }

        // Any change raises the generation in every slice; slices that are merely missing come back under the one they had.
        var highest = existing.Select(GenerationOf).Append(Generation).Max();
        var next = Math.Max(1, changed && highest < long.MaxValue ? highest + 1 : highest);
        foreach (var slice in surplus)
        {
            await DeleteAsync(slice, cancellationToken).ConfigureAwait(false);
        }

        return await WriteAsync(wanted, content, next, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string?> WriteAsync(
        IReadOnlyList<JsonArray> wanted, string content, long generation, CancellationToken cancellationToken)
    {
        // The owner: with the Node goes what it offers. Not remembered, since a Node can be made anew under its name.
        var owner = wanted.Count == 0
            ? ""
            : (await Client.GetAsync(KubeResource.Nodes, null, context.NodeName, cancellationToken).ConfigureAwait(false)).Uid;
        var slices = new List<KubeObject>();
        for (var index = 0; index < wanted.Count; index++)
        {
            var name = NameOf(index);
            var slice = await Client.ApplyAsync(
                KubeResource.ResourceSlices, null, name,
                ResourceSliceDocument.Make(name, context.NodeName, owner, generation, wanted.Count, wanted[index]),
                new KubeApplyOptions { Force = true }, cancellationToken).ConfigureAwait(false);
            _written[name] = (slice.ResourceVersion, ContentOf([wanted[index]]));
            slices.Add(slice);
        }

        (Generation, _content) = (generation, content);
        DraLog.Published(context.Logger, Devices, wanted.Count, generation);
        return Dropped(slices, wanted);
    }

    // A server without consumable capacity drops its fields: each device then goes to one claim, whole.
    private static string? Dropped(IReadOnlyList<KubeObject> slices, IReadOnlyList<JsonArray> wanted) =>
        slices.Where((slice, index) => slice.At("spec", "devices") is not { } devices || !Covers(devices, wanted[index])).Any()
            ? "the API server dropped fields of the devices; switch the feature gate DRAConsumableCapacity on (Kubernetes 1.36 has it on), "
                + "or each device goes to one claim alone"
            : null;

    // What we wrote last is as wanted even where the server dropped fields: writing it again would not change that.
    private bool IsAsWanted(KubeObject slice, JsonArray devices, int count) =>
        _written.TryGetValue(slice.Name, out var written) && written.Version == slice.ResourceVersion
            ? written.Content == ContentOf([devices])
            : slice.At("spec", "pool", "resourceSliceCount") is { ValueKind: JsonValueKind.Number } stated
                && stated.TryGetInt32(out var number) && number == count
                && slice.At("spec", "devices") is { } found && Covers(found, devices);

    private static string ContentOf(IReadOnlyList<JsonArray> slices) => string.Join('\n', slices.Select(devices => devices.ToJsonString()));

    private async Task<IReadOnlyList<KubeObject>> ListAsync(CancellationToken cancellationToken) =>
        (await Client.ListAsync(KubeResource.ResourceSlices, Own, cancellationToken).ConfigureAwait(false)).Items;

    private Task DeleteAsync(KubeObject slice, CancellationToken cancellationToken) => Client.DeleteAsync(
        KubeResource.ResourceSlices, null, slice.Name, new KubeDeleteOptions { Uid = slice.Uid }, cancellationToken);

    private string NameOf(int index)
    {
        var suffix = index == 0 ? "-sgx" : string.Create(CultureInfo.InvariantCulture, $"-sgx-{index}");
        var node = context.NodeName;
        return node.Length + suffix.Length <= LongestName
            ? node + suffix
            : node[..200] + "-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(node)).AsSpan(0, 8)) + suffix;
    }

    private static long GenerationOf(KubeObject slice) =>
        slice.At("spec", "pool", "generation") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var generation)
            ? generation
            : 0;

    // All that is wanted is there; a server may add defaults.
    private static bool Covers(JsonElement actual, JsonNode? wanted) => wanted switch
    {
        JsonObject members => actual.ValueKind is JsonValueKind.Object && members.All(
            member => actual.TryGetProperty(member.Key, out var value) && Covers(value, member.Value)),
        JsonArray items => actual.ValueKind is JsonValueKind.Array && actual.GetArrayLength() == items.Count
            && items.Select((item, index) => Covers(actual[index], item)).All(covered => covered),
        _ => JsonNode.DeepEquals(JsonNode.Parse(actual.GetRawText()), wanted),
    };
}
