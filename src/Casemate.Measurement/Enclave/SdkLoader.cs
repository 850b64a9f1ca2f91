using System.Buffers.Binary;
using System.Collections.Immutable;
using Casemate.Measurement.Elf;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// Lays out an Intel SGX SDK enclave as its runtime does. Source: Intel SGX SDK for Linux, <c>psw/urts/loader.cpp</c>,
/// <c>psw/urts/parser/elfparser.cpp</c>, <c>sdk/sign_tool/SignTool/enclave_creator_sign.cpp</c>.
/// </summary>
internal sealed class SdkLoader
{
    private const int PageSize = EnclaveMeasurement.PageSize;
    private const int PatchSize = 32;
    private const int MaxLayoutEntries = 8192;
    private const int MaxPatches = 8192;
    private const int MaxCodeRelocations = 1 << 22;

    private readonly ElfFile _file;
    private readonly SdkMetadata _metadata;
    private readonly EnclaveLimits _limits;
    private readonly EnclaveLayoutBuilder _builder;
    private readonly ulong _imageOffset;
    private readonly HashSet<ulong> _relocatedPages;
    private ulong _repeated;

    private SdkLoader(ElfFile file, SdkMetadata metadata, EnclaveLimits limits)
    {
        (_file, _metadata, _limits) = (file, metadata, limits);
        if (metadata.SsaFramePages is not (1 or 2))
        {
            throw EnclaveException.Malformed(
                $"its state save areas are to have {metadata.SsaFramePages} pages, and the loader takes 1 or 2");
        }

        EnclaveLayoutBuilder.RequireSize(metadata.EnclaveSize, limits);
        (var size, _imageOffset) = ReadAddressRange();
        _builder = new EnclaveLayoutBuilder(metadata.SsaFramePages, size, limits);
        _relocatedPages = ReadRelocatedPages();
    }

    /// <summary>Lays out the enclave of one metadata block.</summary>
    /// <param name="file">The file.</param>
    /// <param name="metadata">One of its blocks.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="laterPages">Pages that may be added while the enclave runs.</param>
    /// <exception cref="EnclaveException">The runtime would refuse it, or a limit is exceeded.</exception>
    public static EnclaveLayout Read(ElfFile file, SdkMetadata metadata, EnclaveLimits limits, out ulong laterPages)
    {
        var loader = new SdkLoader(file, metadata, limits);
        var image = loader.Patch();
        loader.AddSegments(image);
        laterPages = loader.AddLayout();
        return loader._builder.Build();
    }

    private (ulong Size, ulong ImageOffset) ReadAddressRange()
    {
        if (!_metadata.HasAddressRange)
        {
            return (_metadata.EnclaveSize, 0);
        }

        var entry = _metadata.AddressRange.Span;
        if (entry.Length < 24)
        {
            throw EnclaveException.Malformed($"metadata {_metadata.Version} has no address range, which its version asks for");
        }

        var image = BinaryPrimitives.ReadUInt64LittleEndian(entry);
        var start = BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);
        var size = BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]);
        EnclaveLayoutBuilder.RequireSize(size, _limits);
        if (start > image || start % size != 0 || image % PageSize != 0 || image - start > size
            || _metadata.EnclaveSize > size - (image - start))
        {
            throw EnclaveException.Malformed($"the address range of metadata {_metadata.Version} does not hold the enclave");
        }

        return (size, image - start);
    }

    // With relocations in code, the pages that they touch are made writable. Sections are looked for by address, as the runtime does.
    private HashSet<ulong> ReadRelocatedPages()
    {
        var pages = new HashSet<ulong>();
        if (!_file.TryReadDynamic(out var dynamic, out var error))
        {
            throw EnclaveException.Malformed($"its dynamic segment cannot be read: {ElfException.Describe(error)}");
        }

        if (!dynamic.Has(ElfDynamicTag.TextRelocations))
        {
            return pages;
        }

        foreach (var table in (ReadOnlySpan<ElfRelocationTable>)[dynamic.Relocations, dynamic.JumpRelocations])
        {
            if (table.Count > MaxCodeRelocations)
            {
                throw EnclaveException.TooLarge($"it has more than {MaxCodeRelocations} relocations, some of them in code");
            }

            for (var i = 0; i < table.Count; i++)
            {
                var relocation = table[i];
                if (relocation.Type == 0)
                {
                    continue;
                }

                _ = pages.Add(relocation.Offset / PageSize);
                if (relocation.Offset % PageSize > PageSize - sizeof(ulong))
                {
                    _ = pages.Add((relocation.Offset / PageSize) + 1);
                }
            }
        }

        return pages;
    }

    private ReadOnlyMemory<byte> Patch()
    {
        var patches = _metadata.Patches.Span;
        if (patches.Length % PatchSize != 0 || patches.Length / PatchSize > MaxPatches)
        {
            throw EnclaveException.Malformed($"its patches are not whole entries, or more than {MaxPatches}");
        }

        if (patches.IsEmpty)
        {
            return _file.Bytes;
        }

        var image = _file.Bytes.ToArray();
        var patched = 0L;
        for (var i = 0; i < patches.Length / PatchSize; i++)
        {
            var patch = patches.Slice(i * PatchSize, PatchSize);
            var to = BinaryPrimitives.ReadUInt64LittleEndian(patch);
            var from = BinaryPrimitives.ReadUInt32LittleEndian(patch[8..]);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(patch[12..]);
            if (!_metadata.TryData(from, size, out var data) || to > (ulong)image.Length || size > (ulong)image.Length - to)
            {
                throw EnclaveException.Malformed($"patch {i} takes {size} bytes to 0x{to:x}, from or to where there are none");
            }

            patched += size;
            if (patched > _limits.MaxFileBytes)
            {
                throw EnclaveException.TooLarge("its patches change more bytes than any file may have");
            }

            data.Span.CopyTo(image.AsSpan((int)to));
        }

        return image;
    }

    private void AddSegments(ReadOnlyMemory<byte> image)
    {
        var segments = ElfSections.Loaded(_file).ToList();
        var previous = default(ElfSegment?);
        foreach (var segment in segments)
        {
            var rights = ElfSections.Rights(segment);
            if (rights == SecInfoFlags.None)
            {
                throw EnclaveException.Malformed($"{ElfSections.Name(_file, segment)} has no rights at all");
            }

            AddPageBehind(previous, ElfSections.PageDown(segment.Address));
            previous = segment.Address > 0 ? segment : previous;
            var content = segment.FileSize == 0 ? default : image.Slice((int)segment.Offset, (int)segment.FileSize);
            AddRegion(
                ElfSections.Name(_file, segment), segment.Address, segment.MemorySize, rights | SecInfoFlags.Regular, content,
                mayRelocate: true);
        }

        AddPageBehind(previous, ulong.MaxValue);
    }

    // Metadata 1.3 has a page more behind a segment whose size in pages, taken from its unaligned start, reaches further than it does.
    private void AddPageBehind(ElfSegment? previous, ulong before)
    {
        if (_metadata is not { Major: 1, Minor: 3 } || previous is not { } segment)
        {
            return;
        }

        var end = ElfSections.PageUp(segment.End);
        if (end < ElfSections.PageUp(segment.Address + ElfSections.PageUp(segment.MemorySize)) && end < before)
        {
            _builder.Add(
                $"page behind {ElfSections.Name(_file, segment)}", _imageOffset + end, 1,
                ElfSections.Rights(segment) | SecInfoFlags.Regular, isMeasured: true);
        }
    }

    // Content at any address, zeros around it and up to its size in memory.
    private void AddRegion(
        string name, ulong address, ulong size, SecInfoFlags flags, ReadOnlyMemory<byte> content, bool mayRelocate)
    {
        var offset = 0;
        while (offset < content.Length)
        {
            var at = address + (ulong)offset;
            var inPage = (int)(at % PageSize);
            var page = ElfSections.PageDown(at);
            var pageFlags = mayRelocate && _relocatedPages.Contains(page / PageSize) ? flags | SecInfoFlags.Write : flags;
            if (inPage == 0 && content.Length - offset >= PageSize)
            {
                var pages = WholePages(page, (content.Length - offset) / PageSize, mayRelocate, pageFlags == flags);
                _builder.Add(
                    name, _imageOffset + page, (ulong)pages, pageFlags, isMeasured: true, content.Slice(offset, pages * PageSize));
                offset += pages * PageSize;
                continue;
            }

            var part = Math.Min(PageSize - inPage, content.Length - offset);
            var partial = new byte[PageSize];
            content.Slice(offset, part).Span.CopyTo(partial.AsSpan(inPage));
            _builder.Add(name, _imageOffset + page, 1, pageFlags, isMeasured: true, partial);
            offset += PageSize - inPage;
        }

        if (size > (ulong)offset)
        {
            var from = ElfSections.PageDown(address + (ulong)offset);
            _builder.Add(
                $"{name}, zeros", _imageOffset + from, (ElfSections.PageUp(address + size) - from) / PageSize, flags, isMeasured: true);
        }
    }

    // As many as have the same rights.
    private int WholePages(ulong page, int most, bool mayRelocate, bool isUnchanged)
    {
        if (!mayRelocate || _relocatedPages.Count == 0)
        {
            return most;
        }

        var count = 1;
        while (count < most && _relocatedPages.Contains((page / PageSize) + (ulong)count) != isUnchanged)
        {
            count++;
        }

        return count;
    }

    private ulong AddLayout()
    {
        var bytes = _metadata.Layout.Span;
        if (bytes.Length % SdkLayoutEntry.Size != 0 || bytes.Length / SdkLayoutEntry.Size > MaxLayoutEntries)
        {
            throw EnclaveException.Malformed($"its layout is not whole entries, or more than {MaxLayoutEntries}");
        }

        var entries = ImmutableArray.CreateBuilder<SdkLayoutEntry>(bytes.Length / SdkLayoutEntry.Size);
        for (var at = 0; at < bytes.Length; at += SdkLayoutEntry.Size)
        {
            entries.Add(SdkLayoutEntry.Read(bytes[at..]));
        }

        var (later, thread) = (0UL, 1);
        for (var i = 0; i < entries.Count; i++)
        {
            if (!entries[i].IsGroup)
            {
                later += AddEntry(entries[i], 0, thread);
                continue;
            }

            var group = entries[i];
            CheckGroup(entries, i);
            for (var time = 1UL; time <= group.Times; time++)
            {
                thread++;
                for (var k = i - group.RepeatedEntries; k < i; k++)
                {
                    later += AddEntry(entries[k], time * group.Step, thread);
                }
            }
        }

        return later;
    }

    private void CheckGroup(ImmutableArray<SdkLayoutEntry>.Builder entries, int index)
    {
        var group = entries[index];
        if (group.RepeatedEntries > index
            || entries.Skip(index - group.RepeatedEntries).Take(group.RepeatedEntries).Any(entry => entry.IsGroup))
        {
            throw EnclaveException.Malformed($"group {index} of its layout repeats what is no entry before it");
        }

        _repeated += (ulong)group.RepeatedEntries * group.Times;
        if (_repeated > (ulong)_limits.MaxRuns)
        {
            throw EnclaveException.TooLarge($"group {index} of its layout repeats {group.RepeatedEntries} entries {group.Times} times");
        }

        if (group.Times > 0 && group.Step > _metadata.EnclaveSize / group.Times)
        {
            throw EnclaveException.Malformed($"group {index} of its layout reaches beyond the enclave");
        }
    }

    // Returns the pages that may be added later.
    private ulong AddEntry(SdkLayoutEntry entry, ulong delta, int thread)
    {
        if (entry.Offset > _metadata.EnclaveSize)
        {
            throw EnclaveException.Malformed($"{entry.Name} is to lie at 0x{entry.Offset:x}, outside of the enclave");
        }

        var offset = entry.Offset + delta;
        var name = delta > 0 ? $"{entry.Name} of thread {thread}" : entry.Name;
        if (!entry.IsAdded)
        {
            return entry.IsAddedLater ? entry.PageCount : 0;
        }

        if (entry.ContentOffset != 0)
        {
            if (!_metadata.TryData(entry.ContentOffset, entry.ContentSize, out var content))
            {
                throw EnclaveException.Malformed($"the content of {name} lies outside of its metadata");
            }

            if (entry.Flags == SecInfoFlags.Tcs)
            {
                _builder.Add(name, _imageOffset + offset, entry.PageCount, entry.Flags, entry.IsMeasured, Tcs(content.Span, offset));
            }
            else
            {
                AddRegion(name, offset, (ulong)entry.PageCount * PageSize, entry.Flags, content, mayRelocate: false);
            }
        }
        else if (entry.Flags != SecInfoFlags.None)
        {
            _builder.Add(name, _imageOffset + offset, entry.PageCount, entry.Flags, entry.IsMeasured, Fill(entry.ContentSize));
        }

        return 0;
    }

    private static byte[] Tcs(ReadOnlySpan<byte> template, ulong offset)
    {
        var page = new byte[PageSize];
        template[..Math.Min(template.Length, PageSize)].CopyTo(page);
        foreach (var at in (ReadOnlySpan<int>)[TcsPage.StateSaveAreaOffset, TcsPage.FsBaseOffset, TcsPage.GsBaseOffset])
        {
            var field = page.AsSpan(at);
            BinaryPrimitives.WriteUInt64LittleEndian(field, BinaryPrimitives.ReadUInt64LittleEndian(field) + offset);
        }

        return page;
    }

    private static byte[] Fill(uint value)
    {
        if (value == 0)
        {
            return [];
        }

        var page = new byte[PageSize];
        for (var at = 0; at < PageSize; at += sizeof(uint))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(at), value);
        }

        return page;
    }
}
