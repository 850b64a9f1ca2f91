using System.Text;
using Casemate.Node.Dra;
using Casemate.Node.Resources;
using Casemate.Primitives.Buffers;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet.PodResources;
using PodOfKubelet = Casemate.Rpc.Kubelet.PodResources.PodResources;

namespace Casemate.Node.DevicePlugin;

/// <summary>
/// Reads the kubelet's lists field by field, and keeps what is ours: pods' containers that have devices of our resources or of our claims.
/// Whatever else stands in a list costs no memory beyond its bytes. Layout: protobuf wire format of the pod resources API v1.
/// </summary>
internal sealed class PodResourcesReader
{
    /// <summary>More containers and claims' devices than any kubelet has; a list of more is refused.</summary>
    public const int Most = 16_384;

    private static readonly int LongestId = EpcDeviceIds.LengthOf(EpcDeviceIds.MaxCount - 1);
    private static readonly byte[] s_claimPrefix = Encoding.UTF8.GetBytes(CdiSpec.IdOf(""));
    private static readonly (string Name, byte[] Bytes)[] s_resources =
        [.. AllocationBook.Resources.Select(name => (name, Encoding.UTF8.GetBytes(name)))];

    private readonly Dictionary<int, string> _ids = [];                    // each id once, however many containers have it
    private HashSet<(string Resource, int Id)> _seen = [];                 // of the container that is read
    private int _kept;

    private PodResourcesReader()
    {
    }

    /// <summary>Reads the answer of List, a ListPodResourcesResponse.</summary>
    /// <returns>
    /// The containers that hold something of ours, with that alone: the devices of each resource together, each readable id once, and the
    /// devices of all claims together.
    /// </returns>
    /// <exception cref="RpcException">The bytes are no such message, or it has more than <see cref="Most"/> of ours.</exception>
    public static ListPodResourcesResponse ReadList(ReadOnlySpan<byte> message)
    {
        var list = new ListPodResourcesResponse();
        var own = new PodResourcesReader();
        var reader = new ProtobufReader(message);
        while (TryNext(ref reader, message, out var field, out var value))
        {
            if (field == 1 && own.ReadPod(value) is { } pod)
            {
                list.PodResources.Add(pod);
            }
        }

        return list;
    }

    /// <summary>Counts the devices of resources in the answer of GetAllocatableResources, an AllocatableResourcesResponse.</summary>
    /// <param name="message">The answer.</param>
    /// <param name="resources">Whose devices; none of the others is counted.</param>
    /// <exception cref="RpcException">The bytes are no such message.</exception>
    public static IReadOnlyDictionary<string, int> CountDevices(ReadOnlySpan<byte> message, IReadOnlyCollection<string> resources)
    {
        var names = resources.Select(name => (name, Encoding.UTF8.GetBytes(name))).ToArray();
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var reader = new ProtobufReader(message);
        while (TryNext(ref reader, message, out var field, out var devices))
        {
            if (field == 1 && ResourceOf(devices, names) is { } name)
            {
                var ids = 0;
                var inner = new ProtobufReader(devices);
                while (TryNext(ref inner, devices, out var number, out _))
                {
                    ids += number == 2 ? 1 : 0;
                }

                counts[name] = counts.GetValueOrDefault(name) + ids;
            }
        }

        return counts;
    }

    private PodOfKubelet? ReadPod(ReadOnlySpan<byte> message)
    {
        PodOfKubelet? pod = null;
        ReadOnlySpan<byte> name = default, @namespace = default;
        var reader = new ProtobufReader(message);
        while (TryNext(ref reader, message, out var field, out var value))
        {
            switch (field)
            {
                case 1:
                    name = value;
                    break;
                case 2:
                    @namespace = value;
                    break;
                case 3 when ReadContainer(value) is { } container:
                    (pod ??= new PodOfKubelet()).Containers.Add(container);
                    break;
            }
        }

        if (pod is not null)
        {
            (pod.Name, pod.Namespace) = (Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(@namespace));
        }

        return pod;
    }

    private ContainerResources? ReadContainer(ReadOnlySpan<byte> message)
    {
        ContainerResources? container = null;
        ReadOnlySpan<byte> name = default;
        var reader = new ProtobufReader(message);
        while (TryNext(ref reader, message, out var field, out var value))
        {
            switch (field)
            {
                case 1:
                    name = value;
                    break;
                case 2 when ResourceOf(value, s_resources) is { } resource:
                    AddDevices(container ??= Keep(new ContainerResources()), resource, value);
                    break;
                case 5:
                    ReadClaim(value, ref container);
                    break;
            }
        }

        if (container is not null)
        {
            container.Name = Encoding.UTF8.GetString(name);
            _seen = [];
        }

        return container;
    }

    // The name can stand anywhere among the ids; of several the last counts.
    private static string? ResourceOf(ReadOnlySpan<byte> devices, (string Name, byte[] Bytes)[] names)
    {
        ReadOnlySpan<byte> resource = default;
        var reader = new ProtobufReader(devices);
        while (TryNext(ref reader, devices, out var field, out var value))
        {
            resource = field == 1 ? value : resource;
        }

        foreach (var (name, bytes) in names)
        {
            if (resource.SequenceEqual(bytes))
            {
                return name;
            }
        }

        return null;
    }

    private void AddDevices(ContainerResources container, string resource, ReadOnlySpan<byte> message)
    {
        var devices = container.Devices.FirstOrDefault(known => known.ResourceName == resource);
        if (devices is null)
        {
            devices = new ContainerDevices { ResourceName = resource };
            container.Devices.Add(devices);
        }

        var reader = new ProtobufReader(message);
        while (TryNext(ref reader, message, out var field, out var value))
        {
            if (field == 2 && ReadId(value, out var index) is { } id && _seen.Add((resource, index)))
            {
                devices.DeviceIds.Add(id);
            }
        }
    }

    private string? ReadId(ReadOnlySpan<byte> bytes, out int index)
    {
        index = 0;
        if (bytes.Length > LongestId)
        {
            return null;
        }

        var id = Encoding.Latin1.GetString(bytes);
        if (!EpcDeviceIds.TryRead(id, out index))
        {
            return null;
        }

        if (!_ids.TryGetValue(index, out var known))
        {
            _ids[index] = known = id;
        }

        return known;
    }

    private void ReadClaim(ReadOnlySpan<byte> claim, ref ContainerResources? container)
    {
        var reader = new ProtobufReader(claim);
        while (TryNext(ref reader, claim, out var field, out var resource))
        {
            var resources = new ProtobufReader(resource);
            while (field == 4 && TryNext(ref resources, resource, out var number, out var device))
            {
                if (number == 1 && NameOf(device) is var name && name.StartsWith(s_claimPrefix))
                {
                    container ??= Keep(new ContainerResources());
                    if (container.DynamicResources.Count == 0)
                    {
                        container.DynamicResources.Add(new DynamicResource { ClaimResources = { new ClaimResource() } });
                    }

                    container.DynamicResources[0].ClaimResources[0].CdiDevices.Add(Keep(new CDIDevice { Name = Encoding.UTF8.GetString(name) }));
                }
            }
        }
    }

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> device)
    {
        ReadOnlySpan<byte> name = default;
        var reader = new ProtobufReader(device);
        while (TryNext(ref reader, device, out var field, out var value))
        {
            name = field == 1 ? value : name;
        }

        return name;
    }

    private T Keep<T>(T kept) => ++_kept <= Most
        ? kept
        : throw new RpcException(
            RpcStatus.ResourceExhausted, $"The kubelet lists more than {Most} containers and claims' devices with EPC; no more are taken.");

    // The next field of bytes: all that is wanted is bytes. Of any other field the number is 0.
    private static bool TryNext(scoped ref ProtobufReader reader, ReadOnlySpan<byte> source, out int field, out ReadOnlySpan<byte> value)
    {
        value = default;
        field = 0;
        if (reader.AtEnd)
        {
            return false;
        }

        if (!reader.TryReadTag(out var number, out var wireType))
        {
            throw Malformed();
        }

        if (wireType != ProtobufReader.LengthDelimited)
        {
            return reader.TrySkip(wireType) ? true : throw Malformed();
        }

        if (!reader.TryReadBytes(out var place))
        {
            throw Malformed();
        }

        field = number;
        value = source[place];
        return true;
    }

    private static RpcException Malformed() => new(RpcStatus.Internal, "The kubelet's list of what pods hold is malformed.");
}
