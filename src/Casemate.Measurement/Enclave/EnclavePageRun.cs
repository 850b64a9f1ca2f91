namespace Casemate.Measurement.Enclave;

/// <summary>Neighbouring pages that a loader adds for one reason, in the order of their addresses.</summary>
/// <param name="Name">What they are, such as <c>segment 2</c> or <c>stack of thread 1</c>.</param>
/// <param name="Offset">Where the first lies, relative to the enclave's base, in bytes; a multiple of the page size.</param>
/// <param name="PageCount">How many there are.</param>
/// <param name="Flags">Rights and type of each.</param>
/// <param name="IsMeasured">True when the content is measured (EEXTEND), false when only the page's presence is (EADD).</param>
/// <param name="Content">
/// The content: whole pages of all of them, or one page that all have. Empty: zeros. Ignored when nothing is measured.
/// </param>
public sealed record EnclavePageRun(
    string Name, ulong Offset, ulong PageCount, SecInfoFlags Flags, bool IsMeasured, ReadOnlyMemory<byte> Content)
{
    private static readonly byte[] s_zeroPage = new byte[EnclaveMeasurement.PageSize];

    /// <summary>The content of a page.</summary>
    /// <param name="index">Which one, from 0.</param>
    internal ReadOnlySpan<byte> Page(ulong index)
    {
        if (Content.IsEmpty)
        {
            return s_zeroPage;
        }

        const int size = EnclaveMeasurement.PageSize;
        return Content.Length == size ? Content.Span : Content.Span.Slice(checked((int)(index * size)), size);
    }
}
