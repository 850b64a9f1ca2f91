using System.Security.Cryptography;
using Casemate.Measurement.Snp;
using Casemate.Measurement.Tdx;

namespace Casemate.Measurement.Igvm;

/// <summary>
/// The launch measurement that a loader reaches who follows an IGVM file, for one of its platforms. The number of vCPUs does not count but
/// for those whose state the file holds. Source: microsoft/igvm, igvm/src/measurement.
/// </summary>
public sealed class IgvmMeasurement
{
    private const int PageSize = SnpLaunchDigest.PageSize;

    private static readonly byte[] s_zeroPage = new byte[PageSize];

    private IgvmMeasurement(IgvmHeader platform, byte[] digest, IgvmIdBlock? idBlock, IgvmHeader? corim) =>
        (Platform, Digest, IdBlock, CorimDocument) = (platform, digest, idBlock, corim?.Data);

    /// <summary>The header of the platform.</summary>
    public IgvmHeader Platform { get; }

    /// <summary>The measurement: MEASUREMENT of SEV-SNP or MRTD of TDX, 48 bytes; the boot digest of VBS, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Digest { get; }

    /// <summary>The ID block that the file carries for this platform; null when it has none.</summary>
    public IgvmIdBlock? IdBlock { get; }

    /// <summary>Whether the ID block names the digest that was computed; null when there is none.</summary>
    public bool? IdBlockMatches => IdBlock is null ? null : IdBlock.Block.LaunchDigest.Span.SequenceEqual(Digest.Span);

    /// <summary>The CoRIM document that the file carries for this platform; null when it has none.</summary>
    public ReadOnlyMemory<byte>? CorimDocument { get; }

    /// <summary>Computes the measurement for one platform.</summary>
    /// <param name="file">The file.</param>
    /// <param name="platform">One of its <see cref="IgvmFile.Platforms"/>.</param>
    /// <exception cref="IgvmException">There is no such measurement.</exception>
    public static IgvmMeasurement Compute(IgvmFile file, IgvmHeader platform)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(platform);
        var mask = platform.Mask ?? throw new IgvmException(IgvmError.MalformedMask);
        var headers = file.Headers.Where(header => header.Type is not IgvmHeaderType.SupportedPlatform && header.IsFor(mask)).ToList();
        var digest = platform.Platform switch
        {
            IgvmPlatformType.SevSnp => Snp(headers),
            IgvmPlatformType.Tdx => Tdx(headers),
            IgvmPlatformType.Vbs => VbsDigest.Compute(file, headers),
            _ => throw new IgvmException(IgvmError.UnmeasuredPlatform),
        };
        var block = headers.Find(header => header.Type is IgvmHeaderType.SnpIdBlock);
        return new IgvmMeasurement(
            platform, digest, block is null ? null : IgvmIdBlock.Read(block.Body.Span, PolicyOf(headers)),
            headers.Find(header => header.Type is IgvmHeaderType.CorimDocument));
    }

    private static ulong PolicyOf(List<IgvmHeader> headers) =>
        headers.Find(header => header.Type is IgvmHeaderType.GuestPolicy)?.Policy ?? throw new IgvmException(IgvmError.NoGuestPolicy);

    private static byte[] Snp(List<IgvmHeader> headers)
    {
        _ = PolicyOf(headers);
        var digest = default(SnpLaunchDigest);
        Span<byte> contents = stackalloc byte[SnpLaunchDigest.Size];
        var zeroPage = SHA384.HashData(s_zeroPage);
        foreach (var header in headers)
        {
            switch (header.Type)
            {
                case IgvmHeaderType.PageData when (header.Flags & IgvmPageFlags.Shared) == 0:
                    var type = PageTypeOf(header);
                    if (type is not SnpPageType.Normal)
                    {
                        digest.AddUnread(type, header.Gpa!.Value, PageSize);
                    }
                    else if (header.Data is { } page)
                    {
                        SHA384.HashData(page.Span, contents);
                        digest.AddPage(type, header.Gpa!.Value, contents);
                    }
                    else
                    {
                        digest.AddPage(type, header.Gpa!.Value, zeroPage);
                    }

                    break;
                case IgvmHeaderType.ParameterInsert:
                    digest.AddUnread(SnpPageType.Unmeasured, header.Gpa!.Value, header.Size!.Value);
                    break;
                case IgvmHeaderType.VpContext:
                    if (header.Data!.Value.Length != PageSize)
                    {
                        throw new IgvmException(IgvmError.MalformedVpContext);
                    }

                    SHA384.HashData(header.Data.Value.Span, contents);
                    digest.AddPage(SnpPageType.Vmsa, header.Gpa!.Value, contents);
                    break;
            }
        }

        return digest.ToArray();
    }

    private static SnpPageType PageTypeOf(IgvmHeader page) => page.PageType switch
    {
        IgvmPageType.Secrets => SnpPageType.Secrets,
        IgvmPageType.Cpuid or IgvmPageType.CpuidExtendedFeatures => SnpPageType.Cpuid,
        _ => (page.Flags & IgvmPageFlags.Unmeasured) != 0 ? SnpPageType.Unmeasured : SnpPageType.Normal,
    };

    private static byte[] Tdx(List<IgvmHeader> headers)
    {
        using var mrtd = new MrtdAccumulator();
        foreach (var header in headers)
        {
            if (header.Type is IgvmHeaderType.PageData && (header.Flags & IgvmPageFlags.Shared) == 0)
            {
                mrtd.AddPage(header.Gpa!.Value);
                if ((header.Flags & IgvmPageFlags.Unmeasured) == 0)
                {
                    mrtd.ExtendPage(header.Gpa.Value, header.Data is { } page ? page.Span : default);
                }
            }
            else if (header.Type is IgvmHeaderType.ParameterInsert)
            {
                for (ulong done = 0; done < header.Size!.Value; done += PageSize)
                {
                    mrtd.AddPage(header.Gpa!.Value + done);
                }
            }
        }

        return mrtd.Finish();
    }
}
