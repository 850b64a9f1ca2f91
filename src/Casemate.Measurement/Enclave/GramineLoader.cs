using System.Buffers.Binary;
using Casemate.Measurement.Elf;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// Lays out a Gramine enclave as its loader does: manifest, threads and <c>libpal.so</c> from the top of the enclave downwards.
/// Source: Gramine, <c>python/graminelibos/sgx_sign.py</c>.
/// </summary>
internal sealed class GramineLoader
{
    private const ulong PageSize = EnclaveMeasurement.PageSize;
    private const ulong Canary = 0xBADB_ADBA_DBAD;
    private const ulong GprSize = 184;
    private const uint SegmentLimit = 0xFFF;
    private const uint MaxThreads = 4096;
    private const SecInfoFlags Data = SecInfoFlags.Read | SecInfoFlags.Write | SecInfoFlags.Regular;

    private readonly GramineManifest _manifest;
    private readonly ReadOnlyMemory<byte> _manifestBytes;
    private readonly ElfFile _libpal;
    private readonly GramineThreadOffsets _offsets;
    private readonly EnclaveLayoutBuilder _builder;
    private ulong _top;

    private GramineLoader(
        GramineManifest manifest, ReadOnlyMemory<byte> manifestBytes, ElfFile libpal, GramineRelease release, EnclaveLimits limits)
    {
        (_manifest, _manifestBytes, _libpal, _offsets) = (manifest, manifestBytes, libpal, release.Offsets);
        EnclaveLayoutBuilder.RequireSize(manifest.EnclaveSize, limits);
        if (manifest.Threads > MaxThreads)
        {
            throw EnclaveException.TooLarge($"the manifest asks for {manifest.Threads} threads, and at most {MaxThreads} are accepted");
        }

        _builder = new EnclaveLayoutBuilder(GramineRelease.SsaFramePages, manifest.EnclaveSize, limits);
        _top = manifest.EnclaveSize;
    }

    /// <summary>Lays out the enclave.</summary>
    /// <exception cref="EnclaveException">Gramine's signer would refuse it, or a limit is exceeded.</exception>
    public static EnclaveLayout Read(
        GramineManifest manifest, ReadOnlyMemory<byte> manifestBytes, ElfFile libpal, GramineRelease release, EnclaveLimits limits) =>
        new GramineLoader(manifest, manifestBytes, libpal, release, limits).Read();

    private EnclaveLayout Read()
    {
        var threads = _manifest.Threads;
        // In memory a zero ends the manifest. The rest of its last page is zero anyway.
        var manifest = new byte[ElfSections.PageUp((ulong)_manifestBytes.Length + 1)];
        _manifestBytes.Span.CopyTo(manifest);

        var manifestAt = Take("the manifest", (ulong)manifest.Length / PageSize);
        var ssa = Take("state save areas", threads * SsaPages);
        var tcs = Take("TCS pages", threads);
        var tls = Take("thread-local storage", threads);
        var stacks = TakeEach("stacks", GramineRelease.StackPages);
        var signalStacks = TakeEach("stacks for signals", GramineRelease.SignalStackPages);
        var segments = ElfSections.Loaded(_libpal).ToList();
        if (segments.Count == 0 || ElfSections.PageDown(segments[0].Address) != 0)
        {
            throw EnclaveException.Malformed("libpal.so is not made to lie at any address, as that of every known release is");
        }

        var pal = Take("libpal.so", ElfSections.PageUp(segments[^1].End) / PageSize);

        _builder.Add("manifest", manifestAt, (ulong)manifest.Length / PageSize, SecInfoFlags.Read | SecInfoFlags.Regular, true, manifest);
        _builder.Add("state save areas", ssa, threads * SsaPages, Data, isMeasured: true);
        for (var thread = 0U; thread < threads; thread++)
        {
            _builder.Add($"TCS of thread {thread + 1}", tcs + (thread * PageSize), 1, SecInfoFlags.Tcs, true, Tcs(thread, ssa, tls, pal));
        }

        for (var thread = 0U; thread < threads; thread++)
        {
            _builder.Add(
                $"thread-local storage of thread {thread + 1}", tls + (thread * PageSize), 1, Data, isMeasured: true,
                Tls(thread, ssa, tcs, tls, stacks, signalStacks, pal));
        }

        AddEach("stack", stacks, GramineRelease.StackPages);
        AddEach("stack for signals", signalStacks, GramineRelease.SignalStackPages);
        foreach (var segment in segments)
        {
            AddSegment(segment, pal);
        }

        if (!_manifest.IsDynamic && pal > GramineRelease.HeapStart)
        {
            _builder.Add(
                "heap", GramineRelease.HeapStart, (pal - GramineRelease.HeapStart) / PageSize, Data | SecInfoFlags.Execute,
                isMeasured: false);
        }

        return _builder.Build();
    }

    private static ulong SsaPages => GramineRelease.SsaFramePages * GramineRelease.SsaFrames;

    private ulong Take(string name, ulong pages)
    {
        if (pages > _top / PageSize || _top - (pages * PageSize) < GramineRelease.HeapStart)
        {
            throw EnclaveException.Malformed($"sgx.enclave_size is too small for {name}");
        }

        _top -= pages * PageSize;
        return _top;
    }

    // The first thread's is the highest.
    private ulong TakeEach(string name, ulong pages) =>
        Take(name, pages * _manifest.Threads) + ((_manifest.Threads - 1) * pages * PageSize);

    private void AddEach(string name, ulong first, ulong pages)
    {
        for (var thread = 0U; thread < _manifest.Threads; thread++)
        {
            _builder.Add($"{name} of thread {thread + 1}", first - (thread * pages * PageSize), pages, Data, isMeasured: true);
        }
    }

    private byte[] Tcs(uint thread, ulong ssa, ulong tls, ulong pal) => new TcsPage
    {
        StateSaveArea = ssa + (thread * SsaPages * PageSize),
        StateSaveAreas = GramineRelease.SsaFrames,
        Entry = pal + _libpal.Header.Entry,
        GsBase = tls + (thread * PageSize),
        FsLimit = SegmentLimit,
        GsLimit = SegmentLimit,
    }.ToPage();

    private byte[] Tls(uint thread, ulong ssa, ulong tcs, ulong tls, ulong stacks, ulong signalStacks, ulong pal)
    {
        var page = new byte[PageSize];
        var frames = ssa + (thread * SsaPages * PageSize);
        var stack = stacks - (thread * GramineRelease.StackPages * PageSize);
        var signalStack = signalStacks - (thread * GramineRelease.SignalStackPages * PageSize);
        Set(_offsets.Self, tls + (thread * PageSize));
        Set(_offsets.StackCanary, Canary);
        Set(_offsets.EnclaveSize, _manifest.EnclaveSize);
        Set(_offsets.Tcs, tcs + (thread * PageSize));
        Set(_offsets.InitialStack, stack + (GramineRelease.StackPages * PageSize));
        Set(_offsets.SignalStackLow, signalStack);
        Set(_offsets.SignalStackHigh, signalStack + (GramineRelease.SignalStackPages * PageSize));
        Set(_offsets.Ssa, frames);
        Set(_offsets.Gpr, frames + (GramineRelease.SsaFramePages * PageSize) - GprSize);
        Set(_offsets.ManifestSize, (ulong)_manifestBytes.Length + 1);
        Set(_offsets.HeapMinimum, GramineRelease.HeapStart);
        Set(_offsets.HeapMaximum, pal);
        return page;

        void Set(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(offset), value);
    }

    // A page holds what stands in the file's page of the same number, cut to the segment's own bytes.
    private void AddSegment(ElfSegment segment, ulong pal)
    {
        var flags = ElfSections.Rights(segment) | SecInfoFlags.Regular;
        var name = $"libpal.so, {ElfSections.Name(_libpal, segment)}";
        if (segment.Offset % PageSize != segment.Address % PageSize)
        {
            throw EnclaveException.Malformed($"{name} does not begin at the same place of a page in the file as in memory");
        }

        var inPage = (int)(segment.Address % PageSize);
        var first = ElfSections.PageDown(segment.Address);
        var pages = (ElfSections.PageUp(segment.End) - first) / PageSize;
        var content = _libpal.BytesOf(segment).Span;
        var filled = ElfSections.PageUp((ulong)(inPage + content.Length)) / PageSize;
        var image = new byte[filled * PageSize];
        content.CopyTo(image.AsSpan(inPage));
        _builder.Add(name, pal + first, Math.Min(filled, pages), flags, isMeasured: true, image);
        _builder.Add($"{name}, zeros", pal + first + (filled * PageSize), pages > filled ? pages - filled : 0, flags, isMeasured: true);
    }
}
