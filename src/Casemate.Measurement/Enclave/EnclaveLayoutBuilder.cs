using System.Collections.Immutable;

namespace Casemate.Measurement.Enclave;

/// <summary>Collects the pages of a layout, and refuses what exceeds the limits or the enclave before any of it is hashed.</summary>
internal sealed class EnclaveLayoutBuilder(uint ssaFramePages, ulong size, EnclaveLimits limits)
{
    private readonly ImmutableArray<EnclavePageRun>.Builder _runs = ImmutableArray.CreateBuilder<EnclavePageRun>();
    private ulong _added;
    private ulong _measured;

    public void Add(
        string name, ulong offset, ulong pages, SecInfoFlags flags, bool isMeasured, ReadOnlyMemory<byte> content = default)
    {
        if (pages == 0)
        {
            return;
        }

        const ulong pageSize = EnclaveMeasurement.PageSize;
        if (offset % pageSize != 0)
        {
            throw EnclaveException.Malformed($"{name} is to lie at 0x{offset:x}, which is not the start of a page");
        }

        if (pages > size / pageSize || offset > size - (pages * pageSize))
        {
            throw EnclaveException.Malformed(
                $"{name} ({pages} pages at 0x{offset:x}) does not fit into the enclave, which has 0x{size:x} bytes");
        }

        _added += pages;
        _measured += isMeasured ? pages : 0;
        if (_added > limits.MaxAddedPages)
        {
            throw EnclaveException.TooLarge($"with {name} the enclave has more than {limits.MaxAddedPages} pages to load");
        }

        if (_measured > limits.MaxMeasuredPages)
        {
            throw EnclaveException.TooLarge($"with {name} the enclave has more than {limits.MaxMeasuredPages} pages to measure");
        }

        if (_runs.Count >= limits.MaxRuns)
        {
            throw EnclaveException.TooLarge($"the enclave is made of more than {limits.MaxRuns} parts");
        }

        _runs.Add(new EnclavePageRun(name, offset, pages, flags, isMeasured, isMeasured ? content : default));
    }

    public EnclaveLayout Build() => new(ssaFramePages, size, _runs.ToImmutable());

    /// <summary>Refuses an address range that is no power of two or above the limit.</summary>
    public static void RequireSize(ulong size, EnclaveLimits limits)
    {
        if (size > limits.MaxEnclaveBytes)
        {
            throw EnclaveException.TooLarge($"the enclave has 0x{size:x} bytes, and at most 0x{limits.MaxEnclaveBytes:x} are accepted");
        }

        if (size < 2 * EnclaveMeasurement.PageSize || !ulong.IsPow2(size))
        {
            throw EnclaveException.Malformed($"the enclave's size is 0x{size:x}: ECREATE takes powers of two from 0x2000 on");
        }
    }
}
