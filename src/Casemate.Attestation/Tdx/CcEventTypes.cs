using System.Globalization;

namespace Casemate.Attestation.Tdx;

/// <summary>The types of events. Source: TCG PC Client Platform Firmware Profile 1.06, table 27.</summary>
internal static class CcEventTypes
{
    public const uint Action = 0x5;
    public const uint PostCode = 0x1;
    public const uint CrtmVersion = 0x8;
    public const uint PlatformConfigFlags = 0xA;
    public const uint CompactHash = 0xC;
    public const uint EfiVariableDriverConfig = 0x80000001;
    public const uint EfiVariableBoot = 0x80000002;
    public const uint EfiBootServicesDriver = 0x80000004;
    public const uint EfiRuntimeServicesDriver = 0x80000005;
    public const uint EfiGptEvent = 0x80000006;
    public const uint EfiAction = 0x80000007;
    public const uint EfiPlatformFirmwareBlob2 = 0x8000000A;
    public const uint EfiHandoffTables2 = 0x8000000B;
    public const uint EfiVariableBoot2 = 0x8000000C;
    public const uint EfiVariableAuthority = 0x800000E0;

    /// <summary>The name in the specification, or the number.</summary>
    public static string NameOf(uint type) => Find(type).Name is { Length: > 0 } name ? name : Number(type);

    /// <summary>What an event of this type measures, for people.</summary>
    public static string MeaningOf(uint type) =>
        Find(type).Meaning is { Length: > 0 } meaning ? meaning : "an event of a type that is not known here";

    private static string Number(uint type) => "0x" + type.ToString("x8", CultureInfo.InvariantCulture);

    private static (string Name, string Meaning) Find(uint type) => type switch
    {
        0x0 => ("EV_PREBOOT_CERT", "a certificate"),
        PostCode => ("EV_POST_CODE", "code of the firmware"),
        0x2 => ("EV_UNUSED", "an unused type"),
        CcEvent.NoAction => ("EV_NO_ACTION", "a remark that extends nothing"),
        CcEvent.Separator => ("EV_SEPARATOR", "the end of a phase"),
        Action => ("EV_ACTION", "an action of the firmware"),
        CcEvent.EventTag => ("EV_EVENT_TAG", "something that the operating system's loader read"),
        0x7 => ("EV_S_CRTM_CONTENTS", "the first code of the firmware"),
        CrtmVersion => ("EV_S_CRTM_VERSION", "the firmware's version"),
        0x9 => ("EV_CPU_MICROCODE", "microcode"),
        PlatformConfigFlags => ("EV_PLATFORM_CONFIG_FLAGS", "configuration of the platform"),
        0xB => ("EV_TABLE_OF_DEVICES", "a table of devices"),
        CompactHash => ("EV_COMPACT_HASH", "a hash that a program asked for"),
        CcEvent.Ipl => ("EV_IPL", "something that the boot loader read or ran"),
        0xE => ("EV_IPL_PARTITION_DATA", "a partition table"),
        0xF => ("EV_NONHOST_CODE", "code of a device"),
        0x10 => ("EV_NONHOST_CONFIG", "configuration of a device"),
        0x11 => ("EV_NONHOST_INFO", "something about a device"),
        0x12 => ("EV_OMIT_BOOT_DEVICE_EVENTS", "boot devices that were not measured"),
        0x13 => ("EV_POST_CODE2", "code of the firmware"),
        EfiVariableDriverConfig => ("EV_EFI_VARIABLE_DRIVER_CONFIG", "a firmware setting"),
        EfiVariableBoot => ("EV_EFI_VARIABLE_BOOT", "a boot setting"),
        CcEvent.EfiBootServicesApplication => ("EV_EFI_BOOT_SERVICES_APPLICATION", "a boot loader or kernel"),
        EfiBootServicesDriver => ("EV_EFI_BOOT_SERVICES_DRIVER", "a driver of the firmware"),
        EfiRuntimeServicesDriver => ("EV_EFI_RUNTIME_SERVICES_DRIVER", "a driver of the firmware that stays"),
        EfiGptEvent => ("EV_EFI_GPT_EVENT", "a partition table"),
        EfiAction => ("EV_EFI_ACTION", "an action of the firmware"),
        0x80000008 => ("EV_EFI_PLATFORM_FIRMWARE_BLOB", "a part of the firmware"),
        0x80000009 => ("EV_EFI_HANDOFF_TABLES", "tables that the firmware hands on"),
        EfiPlatformFirmwareBlob2 => ("EV_EFI_PLATFORM_FIRMWARE_BLOB2", "a part of the firmware"),
        EfiHandoffTables2 => ("EV_EFI_HANDOFF_TABLES2", "tables that the firmware hands on"),
        EfiVariableBoot2 => ("EV_EFI_VARIABLE_BOOT2", "a boot setting"),
        0x8000000D => ("EV_EFI_GPT_EVENT2", "a partition table"),
        0x80000010 => ("EV_EFI_HCRTM_EVENT", "the start of a dynamic launch"),
        EfiVariableAuthority => ("EV_EFI_VARIABLE_AUTHORITY", "the key that vouched for an image"),
        0x800000E1 => ("EV_EFI_SPDM_DEVICE_BLOB", "code of a device"),
        0x800000E2 => ("EV_EFI_SPDM_DEVICE_CONFIG", "configuration of a device"),
        0x800000E3 => ("EV_EFI_SPDM_DEVICE_POLICY", "rules for devices"),
        0x800000E4 => ("EV_EFI_SPDM_DEVICE_AUTHORITY", "the key that vouched for a device"),
        _ => ("", ""),
    };
}
