using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Casemate.Kubernetes;

/// <summary>One of the names under which users ask for EPC, with its unit. All are views of the same memory.</summary>
public sealed class ResourceFamily
{
    private const long MiB = 1L << 20;

    /// <summary>Azure's first add-on and AKS-Engine: integer MiB.</summary>
    public static readonly ResourceFamily Azure = new("azure", "kubernetes.azure.com/sgx_epc_mem_in_MiB", EpcUnit.MiB);

    /// <summary>The Open Enclave plugin of AKS-Engine: integer MiB.</summary>
    public static readonly ResourceFamily OpenEnclave = new("openenclave", "openenclave.io/sgx_epc_MiB", EpcUnit.MiB);

    /// <summary>Alibaba's plugin: integer MiB.</summary>
    public static readonly ResourceFamily Alibaba = new("alibaba", "alibabacloud.com/sgx_epc_MiB", EpcUnit.MiB);

    /// <summary>Intel's plugin and Azure's add-on of today: bytes.</summary>
    public static readonly ResourceFamily Intel = new("intel", "sgx.intel.com/epc", EpcUnit.Byte);

    private ResourceFamily(string key, string name, EpcUnit unit) => (Key, Name, Unit) = (key, name, unit);

    /// <summary>All of them, in the order in which documents list them.</summary>
    public static IReadOnlyList<ResourceFamily> All { get; } = [Azure, OpenEnclave, Alibaba, Intel];

    /// <summary>The word for it in settings.</summary>
    public string Key { get; }

    /// <summary>The extended resource's name in pods and nodes.</summary>
    public string Name { get; }

    /// <summary>What one unit of it stands for.</summary>
    public EpcUnit Unit { get; }

    /// <summary>Bytes of one unit.</summary>
    public long UnitBytes => Unit switch
    {
        EpcUnit.MiB => MiB,
        EpcUnit.Byte => 1,
        _ => throw new InvalidOperationException($"Unit {Unit} has no size."),
    };

    /// <summary>Finds a family by its resource name or its key.</summary>
    public static bool TryFind(string nameOrKey, [NotNullWhen(true)] out ResourceFamily? family)
    {
        family = All.FirstOrDefault(known => known.Name == nameOrKey || known.Key == nameOrKey);
        return family is not null;
    }

    /// <summary>A request in bytes.</summary>
    /// <param name="quantity">Units of this name, not negative.</param>
    /// <param name="bytes">The bytes.</param>
    /// <returns>False when it is negative or more bytes than a long can hold.</returns>
    public bool TryToBytes(long quantity, out long bytes)
    {
        bytes = 0;
        if (quantity < 0 || quantity > long.MaxValue / UnitBytes)
        {
            return false;
        }

        bytes = quantity * UnitBytes;
        return true;
    }

    /// <summary>A request of so many bytes in units of this name: rounded up, so that nobody gets less than was asked.</summary>
    /// <param name="bytes">Not negative.</param>
    public long RequestFromBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return (bytes / UnitBytes) + (bytes % UnitBytes == 0 ? 0 : 1);
    }

    /// <summary>A capacity of so many bytes in units of this name: rounded down, so that no more is promised than there is.</summary>
    /// <param name="bytes">Not negative.</param>
    public long CapacityFromBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return bytes / UnitBytes;
    }

    /// <summary>Translates a request from another family, rounding up.</summary>
    /// <returns>False when the quantity is negative or too large.</returns>
    public bool TryTranslate(ResourceFamily from, long quantity, out long translated)
    {
        ArgumentNullException.ThrowIfNull(from);
        translated = 0;
        if (!from.TryToBytes(quantity, out var bytes))
        {
            return false;
        }

        translated = RequestFromBytes(bytes);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} ({(Unit is EpcUnit.MiB ? "MiB" : "bytes")})");
}
