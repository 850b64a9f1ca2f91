using System.Buffers.Binary;
using System.Numerics;
using Casemate.Measurement.Elf;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// Lays out an Open Enclave file as the SDK's host does. Source: Open Enclave SDK, <c>host/sgx/create.c</c>, <c>loadelf.c</c>,
/// <c>elf.c</c>, <c>sgxload.c</c>, releases with thread-local storage in pages of its own (0.10 and later).
/// </summary>
internal sealed class OpenEnclaveLoader
{
    public const string SectionName = ".oeinfo";

    private const ulong PageSize = EnclaveMeasurement.PageSize;
    private const ulong GuardPages = 2;
    private const ulong ControlPages = 4;
    private const ulong ThreadDataPages = 1;

    private readonly ElfFile _file;
    private readonly EnclaveLimits _limits;
    private readonly ElfSection _properties;
    private readonly ElfSymbolTable _symbols;
    private readonly byte[] _image;
    private readonly byte[] _relocations;
    private readonly ElfSection _tdata;
    private readonly ElfSection _tbss;

    /// <summary>Reads the file and lays out its segments.</summary>
    /// <exception cref="EnclaveException">The SDK's host would refuse it, or a limit is exceeded.</exception>
    public OpenEnclaveLoader(ElfFile file, EnclaveLimits limits)
    {
        (_file, _limits) = (file, limits);
        _ = file.TryFindSection(SectionName, out _properties);
        if (file.TryReadSymbols(".dynsym", out _symbols) is not ElfError.None)
        {
            throw EnclaveException.Malformed("it has no table of dynamic symbols (.dynsym), which the loader fills in");
        }

        _ = file.TryFindSection(".tdata", out _tdata);
        _ = file.TryFindSection(".tbss", out _tbss);
        CheckThreadLocalStorage();
        _image = ReadImage();
        _relocations = ReadRelocations();
        if (_properties.Address > (ulong)_image.Length || (ulong)_image.Length - _properties.Address < OpenEnclaveProperties.Size)
        {
            throw EnclaveException.Malformed($"{SectionName} does not lie in a loaded segment with its {OpenEnclaveProperties.Size} bytes");
        }
    }

    /// <summary>The properties as the loader sees them: in memory.</summary>
    public ReadOnlySpan<byte> Properties => _image.AsSpan((int)_properties.Address, OpenEnclaveProperties.Size);

    /// <summary>Where the signature structure lies in the file; -1 when the file does not hold there what the loader would read.</summary>
    public long SigStructFileOffset =>
        _file.BytesOf(_properties) is { Length: >= OpenEnclaveProperties.Size } stored
        && stored.Span[..OpenEnclaveProperties.Size].SequenceEqual(Properties)
            ? (long)_properties.Offset + OpenEnclaveProperties.SigStructOffset : -1;

    /// <summary>The layouts that releases of the SDK make of the file, the usual one first: they differ in one alignment only.</summary>
    public IEnumerable<EnclaveLayout> Layouts()
    {
        var bySegment = _file.ThreadLocalStorage is { } tls && _tdata.Size > 0 ? tls.Alignment : _tdata.Alignment;
        yield return Layout(bySegment);
        if (bySegment != _tdata.Alignment)
        {
            yield return Layout(_tdata.Alignment);
        }
    }

    private EnclaveLayout Layout(ulong tdataAlignment)
    {
        _ = OpenEnclaveProperties.TryRead(Properties, out var properties);
        var tlsPages = ThreadLocalPages(tdataAlignment);
        var loaded = LoadedSize(properties, tlsPages);
        var start = properties.IsZeroBase ? properties.StartAddress : 0;
        if (properties.IsZeroBase && (start == 0 || start % PageSize != 0 || start > _limits.MaxEnclaveBytes))
        {
            throw EnclaveException.Malformed(
                $"it is to lie at base 0 and to start at 0x{start:x}, which is 0, no page or beyond the limit");
        }

        var size = BitOperations.RoundUpToPowerOf2(loaded + start);
        EnclaveLayoutBuilder.RequireSize(size, _limits);
        var builder = new EnclaveLayoutBuilder(1, size, _limits);
        var image = Patch(BitOperations.RoundUpToPowerOf2(loaded), tlsPages, tdataAlignment);
        AddImage(builder, image, start);
        AddData(builder, properties, tlsPages, start);
        return builder.Build();
    }

    private void CheckThreadLocalStorage()
    {
        if (_file.ThreadLocalStorage is { } tls && (tls.FileSize != _tdata.Size || (_tdata.Address != 0 && _tdata.Address != tls.Address)))
        {
            throw EnclaveException.Malformed("the segment of thread-local storage is not its section .tdata, as the loader wants it");
        }
    }

    private byte[] ReadImage()
    {
        var segments = ElfSections.Loaded(_file).ToList();
        var end = segments.Count == 0 ? 0 : ElfSections.PageUp(segments[^1].End);
        if (segments.Count == 0 || segments[0].Address != 0 || end == 0)
        {
            throw EnclaveException.Malformed("its first loaded segment is not at address 0");
        }

        if (end > _limits.MaxImageBytes || end > int.MaxValue)
        {
            throw EnclaveException.TooLarge($"its segments reach to 0x{end:x}, and at most 0x{_limits.MaxImageBytes:x} bytes are laid out");
        }

        var image = new byte[end];
        var previous = 0UL;
        foreach (var segment in segments)
        {
            if (previous > ElfSections.PageDown(segment.Address))
            {
                throw EnclaveException.Malformed($"{ElfSections.Name(_file, segment)} begins in a page of the segment before it");
            }

            if (ElfSections.Rights(segment) == SecInfoFlags.None)
            {
                throw EnclaveException.Malformed($"{ElfSections.Name(_file, segment)} has no rights at all");
            }

            _file.BytesOf(segment).Span.CopyTo(image.AsSpan((int)segment.Address));
            previous = segment.End;
        }

        return image;
    }

    // .rela.dyn and .rela.plt one after the other; nothing at all without the first. Offsets of thread-local symbols move into the addend.
    private byte[] ReadRelocations()
    {
        if (!_file.TryReadSection(".rela.dyn", out var dynamic))
        {
            return [];
        }

        _ = _file.TryReadSection(".rela.plt", out var plt);
        if (dynamic.Length % ElfRelocation.EntrySize != 0 || plt.Length % ElfRelocation.EntrySize != 0)
        {
            throw EnclaveException.Malformed("its relocations are not whole entries");
        }

        var used = dynamic.Length + plt.Length;
        var relocations = new byte[ElfSections.PageUp((ulong)used)];
        dynamic.Span.CopyTo(relocations);
        plt.Span.CopyTo(relocations.AsSpan(dynamic.Length));
        var table = new ElfRelocationTable(relocations.AsMemory(0, used));
        for (var i = 0; i < table.Count; i++)
        {
            var relocation = table[i];
            switch (relocation.Type)
            {
                case ElfRelocation.Relative or ElfRelocation.GlobalData or ElfRelocation.Address64 or ElfRelocation.JumpSlot:
                    break;
                case ElfRelocation.TlsThreadOffset when relocation.SymbolIndex < _symbols.Count:
                    BinaryPrimitives.WriteUInt64LittleEndian(
                        relocations.AsSpan((i * ElfRelocation.EntrySize) + 16), _symbols[(int)relocation.SymbolIndex].Value);
                    break;
                default:
                    throw EnclaveException.Malformed(
                        $"relocation {i} is of type {relocation.Type} or names no symbol: the loader refuses it");
            }
        }

        return relocations;
    }

    private ulong ThreadLocalPages(ulong tdataAlignment)
    {
        var size = _tdata.Size == 0 ? 0 : ElfSections.RoundUp(_tdata.Size, tdataAlignment);
        var zero = _tbss.Size == 0 ? 0 : ElfSections.RoundUp(_tbss.Size, _tbss.Alignment);
        if (size > _limits.MaxEnclaveBytes || zero > _limits.MaxEnclaveBytes)
        {
            throw EnclaveException.TooLarge("its thread-local storage is larger than any enclave");
        }

        return ElfSections.PageUp(size + zero) / PageSize;
    }

    // Every factor is held against the limit first, so that no product leaves 64 bits.
    private ulong LoadedSize(OpenEnclaveProperties properties, ulong tlsPages)
    {
        var most = _limits.MaxEnclaveBytes / PageSize;
        if (properties.Threads > OpenEnclaveProperties.MaxThreads)
        {
            throw EnclaveException.Malformed(
                $"it asks for {properties.Threads} threads, and the loader takes {OpenEnclaveProperties.MaxThreads}");
        }

        if (properties.HeapPages > most || properties.StackPages > most || tlsPages > most)
        {
            throw EnclaveException.TooLarge(
                $"it asks for {properties.HeapPages} pages of heap and {properties.StackPages} of stack, "
                    + $"and at most {most} pages are accepted");
        }

        var thread = GuardPages + properties.StackPages + tlsPages + ControlPages + ThreadDataPages;
        return (ulong)_image.Length + (ulong)_relocations.Length + ((properties.HeapPages + (properties.Threads * thread)) * PageSize);
    }

    private byte[] Patch(ulong enclaveSize, ulong tlsPages, ulong tdataAlignment)
    {
        var image = (byte[])_image.Clone();
        var (relocations, relocationsSize) = ((ulong)image.Length, (ulong)_relocations.Length);
        var properties = image.AsSpan((int)_properties.Address, OpenEnclaveProperties.Size);
        ReadOnlySpan<ulong> described =
        [
            _properties.Address, OpenEnclaveProperties.Size, relocations, relocationsSize, relocations + relocationsSize, enclaveSize,
        ];
        for (var i = 0; i < described.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(properties[(OpenEnclaveProperties.ImageOffset + (8 * i))..], described[i]);
        }

        SetSymbol(image, "_enclave_rva"u8, null, isNeeded: true);
        SetSymbol(image, "_reloc_rva"u8, relocations, isNeeded: true);
        SetSymbol(image, "_reloc_size"u8, relocationsSize, isNeeded: true);
        if (_tdata.Size > 0)
        {
            SetSymbol(image, "_tdata_rva"u8, _tdata.Address);
            SetSymbol(image, "_tdata_size"u8, _tdata.Size);
            SetSymbol(image, "_tdata_align"u8, tdataAlignment);
        }

        if (_tbss.Size > 0)
        {
            SetSymbol(image, "_tbss_size"u8, _tbss.Size);
            SetSymbol(image, "_tbss_align"u8, _tbss.Alignment);
        }

        SetSymbol(image, "_td_from_tcs_offset"u8, (tlsPages + ControlPages) * PageSize);
        properties.Slice(OpenEnclaveProperties.SigStructOffset, SigStruct.Size).Clear();
        return image;
    }

    // A value of null is the symbol's own address.
    private void SetSymbol(byte[] image, ReadOnlySpan<byte> name, ulong? value, bool isNeeded = false)
    {
        if (!_symbols.TryFindDefined(name, out var symbol))
        {
            if (isNeeded)
            {
                throw EnclaveException.Malformed(
                    $"it lacks the symbol {System.Text.Encoding.ASCII.GetString(name)}, "
                        + "which the loader sets: it was built for another release");
            }

            return;
        }

        if (symbol.Value > (ulong)image.Length - sizeof(ulong))
        {
            throw EnclaveException.Malformed($"the symbol {System.Text.Encoding.ASCII.GetString(name)} lies outside of its segments");
        }

        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan((int)symbol.Value), value ?? symbol.Value);
    }

    private void AddImage(EnclaveLayoutBuilder builder, byte[] image, ulong start)
    {
        foreach (var segment in ElfSections.Loaded(_file))
        {
            var from = ElfSections.PageDown(segment.Address);
            var pages = segment.End <= from ? 0 : (ElfSections.PageUp(segment.End) - from) / PageSize;
            builder.Add(
                ElfSections.Name(_file, segment), start + from, pages, ElfSections.Rights(segment) | SecInfoFlags.Regular, isMeasured: true,
                image.AsMemory((int)from, (int)(pages * PageSize)));
        }

        builder.Add(
            "relocations", start + (ulong)image.Length, (ulong)_relocations.Length / PageSize, SecInfoFlags.Read | SecInfoFlags.Regular,
            isMeasured: true, _relocations);
    }

    private void AddData(EnclaveLayoutBuilder builder, OpenEnclaveProperties properties, ulong tlsPages, ulong start)
    {
        const SecInfoFlags data = SecInfoFlags.Read | SecInfoFlags.Write | SecInfoFlags.Regular;
        var stack = new byte[EnclaveMeasurement.PageSize];
        stack.AsSpan().Fill(0xCC);
        var at = start + (ulong)_image.Length + (ulong)_relocations.Length;
        Add("heap", properties.HeapPages, data, isMeasured: false, default);
        for (var thread = 1UL; thread <= properties.Threads; thread++)
        {
            at += PageSize;
            Add($"stack of thread {thread}", properties.StackPages, data, isMeasured: true, stack);
            at += PageSize;
            Add($"TCS of thread {thread}", 1, SecInfoFlags.Tcs, isMeasured: true, Tcs(at, tlsPages, start));
            Add($"state save area of thread {thread}", 2, data, isMeasured: true, default);
            at += PageSize;
            Add($"thread-local storage of thread {thread}", tlsPages, data, isMeasured: true, default);
            Add($"data of thread {thread}", ThreadDataPages, data, isMeasured: true, default);
        }

        void Add(string name, ulong pages, SecInfoFlags flags, bool isMeasured, ReadOnlyMemory<byte> content)
        {
            builder.Add(name, at, pages, flags, isMeasured, content);
            at += pages * PageSize;
        }
    }

    private byte[] Tcs(ulong at, ulong tlsPages, ulong start)
    {
        var threadData = at + ((tlsPages + ControlPages) * PageSize);
        return new TcsPage
        {
            StateSaveArea = at + PageSize,
            StateSaveAreas = 2,
            Entry = start + _file.Header.Entry,
            FsBase = threadData,
            GsBase = threadData,
            FsLimit = uint.MaxValue,
            GsLimit = uint.MaxValue,
        }.ToPage();
    }
}
