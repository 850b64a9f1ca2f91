using System.Buffers.Binary;
using System.Numerics;

namespace Casemate.Measurement.Igvm;

/// <content>The bodies of the headers, each at the offsets of igvm_defs.</content>
public sealed partial class IgvmFile
{
    private IgvmError ReadHeader(IgvmHeader plain, ReadingState state, out IgvmHeader header)
    {
        header = plain;
        var section = (int)plain.Type < 0x101 ? 0 : (int)plain.Type < 0x301 ? 1 : 2;
        if (section < state.Section)
        {
            return IgvmError.WrongOrder;
        }

        state.Section = section;
        var body = plain.Body.Span;
        var length = BodyLength(plain.Type);
        if (length is not null && body.Length != length)
        {
            return IgvmError.MalformedHeader;
        }

        switch (plain.Type)
        {
            case IgvmHeaderType.SupportedPlatform:
                header = plain with { Mask = Number(body, 0), Platform = (IgvmPlatformType)body[5] };
                return !Enum.IsDefined(header.Platform.Value) ? IgvmError.MalformedHeader
                    : state.TryAddPlatform(header.Mask.Value) ? IgvmError.None : IgvmError.MalformedMask;
            case IgvmHeaderType.GuestPolicy:
                header = plain with { Policy = Long(body, 0), Mask = Number(body, 8) };
                return Number(body, 12) != 0 ? IgvmError.MalformedHeader : CheckOnce(header, state);
            case IgvmHeaderType.CorimDocument or IgvmHeaderType.CorimSignature:
                header = plain with { Mask = Number(body, 0), Data = Data(Number(body, 4), Number(body, 8)) };
                return Number(body, 12) != 0 ? IgvmError.MalformedHeader
                    : header.Data is null ? IgvmError.DataOutOfRange : CheckOnce(header, state);
            case IgvmHeaderType.ParameterArea:
                return ReadArea(plain, state, out header);
            case IgvmHeaderType.PageData:
                return ReadPage(plain, state, out header);
            case IgvmHeaderType.ParameterInsert:
                return ReadInsert(plain, state, out header);
            case IgvmHeaderType.VpContext:
                return ReadContext(plain, state, out header);
            case IgvmHeaderType.ErrorRange or IgvmHeaderType.RequiredMemory:
                header = plain with { Gpa = Long(body, 0), Mask = Number(body, 8), Size = Number(body, 12) };
                return header.Gpa % PageSize != 0 || header.Size % PageSize != 0 ? IgvmError.Misaligned
                    : plain.Type is IgvmHeaderType.ErrorRange && !state.AddPages(header.Size.Value, header.Mask.Value) ? IgvmError.TooManyPages
                    : CheckMask(header, state);
            case IgvmHeaderType.SnpIdBlock:
                header = plain with { Mask = Number(body, 0) };
                return CheckOnce(header, state);
            case IgvmHeaderType.RelocatableRegion or IgvmHeaderType.PageTableRelocationRegion or IgvmHeaderType.VbsMeasurement:
                header = plain with { Mask = Number(body, 0) };
                return CheckMask(header, state);
            default: // what the host tells the guest: an area and an offset in it
                header = plain with { Area = Number(body, 0) };
                return state.Areas.TryGetValue(header.Area.Value, out var size) && Number(body, 4) < size
                    ? IgvmError.None : IgvmError.UnknownParameterArea;
        }
    }

    private static int? BodyLength(IgvmHeaderType type) => type switch
    {
        IgvmHeaderType.SupportedPlatform or IgvmHeaderType.GuestPolicy or IgvmHeaderType.CorimDocument or IgvmHeaderType.CorimSignature
            or IgvmHeaderType.ParameterArea or IgvmHeaderType.ParameterInsert or IgvmHeaderType.ErrorRange => 16,
        IgvmHeaderType.RelocatableRegion => 48,
        IgvmHeaderType.PageTableRelocationRegion => 32,
        IgvmHeaderType.PageData or IgvmHeaderType.RequiredMemory => 24,
        IgvmHeaderType.VpContext => 20,
        IgvmHeaderType.SnpIdBlock => IgvmIdBlock.Size,
        IgvmHeaderType.VbsMeasurement => 864,
        _ => 8,
    };

    private static ulong Long(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    private static IgvmError CheckMask(IgvmHeader header, ReadingState state) =>
        state.IsKnownMask(header.Mask!.Value) ? IgvmError.None : IgvmError.MalformedMask;

    // Which of two a loader takes is its own affair: what is shown of one would not be what is launched.
    private static IgvmError CheckOnce(IgvmHeader header, ReadingState state) =>
        CheckMask(header, state) is var error and not IgvmError.None ? error
        : state.TryAddOnce(header.Type, header.Mask!.Value) ? IgvmError.None : IgvmError.DuplicateHeader;

    // The null must be a nullable one: a bare null would turn into empty memory, by way of an array.
    private ReadOnlyMemory<byte>? Data(ulong offset, ulong size) =>
        offset <= (ulong)Bytes.Length && size <= (ulong)Bytes.Length - offset
            ? Bytes.Slice((int)offset, (int)size) : (ReadOnlyMemory<byte>?)null;

    private IgvmError ReadArea(IgvmHeader plain, ReadingState state, out IgvmHeader header)
    {
        var body = plain.Body.Span;
        header = plain with { Size = Long(body, 0), Area = Number(body, 8) };
        if (header.Size % PageSize != 0)
        {
            return IgvmError.Misaligned;
        }

        if (header.Size > MaxPages * (ulong)PageSize)
        {
            return IgvmError.TooManyPages;
        }

        if (Number(body, 12) is not 0 and var offset)
        {
            header = header with { Data = Data(offset, header.Size.Value) };
            if (header.Data is null)
            {
                return IgvmError.DataOutOfRange;
            }
        }

        return state.Areas.TryAdd(header.Area!.Value, header.Size!.Value) ? IgvmError.None : IgvmError.DuplicateParameterArea;
    }

    private IgvmError ReadPage(IgvmHeader plain, ReadingState state, out IgvmHeader header)
    {
        var body = plain.Body.Span;
        header = plain with
        {
            Gpa = Long(body, 0),
            Mask = Number(body, 8),
            Size = PageSize,
            Flags = (IgvmPageFlags)Number(body, 16),
            PageType = (IgvmPageType)BinaryPrimitives.ReadUInt16LittleEndian(body[20..]),
        };
        if (header.Gpa % PageSize != 0)
        {
            return IgvmError.Misaligned;
        }

        // How a page of 2 MiB is measured differs among platforms, and no known file has one.
        if ((header.Flags & ~(IgvmPageFlags.Unmeasured | IgvmPageFlags.Shared)) != 0 || !Enum.IsDefined(header.PageType!.Value)
            || BinaryPrimitives.ReadUInt16LittleEndian(body[22..]) != 0)
        {
            return IgvmError.UnsupportedPage;
        }

        if (Number(body, 12) is not 0 and var offset)
        {
            header = header with { Data = Data(offset, PageSize) };
            if (header.Data is null)
            {
                return IgvmError.DataOutOfRange;
            }
        }

        return state.AddPages(PageSize, header.Mask!.Value) ? CheckMask(header, state) : IgvmError.TooManyPages;
    }

    private static IgvmError ReadInsert(IgvmHeader plain, ReadingState state, out IgvmHeader header)
    {
        var body = plain.Body.Span;
        var area = Number(body, 12);
        var isKnown = state.Areas.TryGetValue(area, out var size);
        header = plain with { Gpa = Long(body, 0), Mask = Number(body, 8), Area = area, Size = size };
        if (!isKnown)
        {
            return IgvmError.UnknownParameterArea;
        }

        if (header.Gpa % PageSize != 0 || header.Gpa > ulong.MaxValue - size)
        {
            return IgvmError.Misaligned;
        }

        if (CheckMask(header, state) is var error and not IgvmError.None)
        {
            return error;
        }

        // An area is used up by its insertion, on each platform for itself.
        for (var rest = header.Mask!.Value; rest != 0; rest &= rest - 1)
        {
            if (!state.Inserted.Add((area, (uint)BitOperations.TrailingZeroCount(rest))))
            {
                return IgvmError.UnknownParameterArea;
            }
        }

        return state.AddPages(size, header.Mask!.Value) ? IgvmError.None : IgvmError.TooManyPages;
    }

    private IgvmError ReadContext(IgvmHeader plain, ReadingState state, out IgvmHeader header)
    {
        var body = plain.Body.Span;
        var offset = Number(body, 12);
        header = plain with
        {
            Gpa = Long(body, 0),
            Mask = Number(body, 8),
            VpIndex = BinaryPrimitives.ReadUInt16LittleEndian(body[16..]),

            // How long the state is depends on the platform: the measurement of each platform asks for what it needs.
            Data = offset == 0 ? (ReadOnlyMemory<byte>?)null : Data(offset, (ulong)Math.Max(0, Math.Min(PageSize, Bytes.Length - (long)offset))),
        };
        return header.Data is null ? IgvmError.DataOutOfRange
            : header.Gpa % PageSize != 0 ? IgvmError.Misaligned
            : state.AddPages(PageSize, header.Mask!.Value) ? CheckMask(header, state) : IgvmError.TooManyPages;
    }
}
