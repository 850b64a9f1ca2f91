namespace Casemate.Quoting.Aesm;

/// <summary>Field numbers of the messages that are carried out. Names as in <c>messages.proto</c>.</summary>
internal static class AesmFields
{
    public const int Error = 1;
    public const int ClientTimeout = 9;

    public static class InitQuoteEx
    {
        public const int KeyId = 1;
        public const int WantsPublicKeyId = 3;
        public const int BufferSize = 4;
        public const int TargetInfo = 2;
        public const int PublicKeyIdSize = 3;
        public const int PublicKeyId = 4;
    }

    public static class GetQuoteSizeEx
    {
        public const int KeyId = 1;
        public const int QuoteSize = 2;
    }

    public static class GetQuoteEx
    {
        public const int Report = 1;
        public const int KeyId = 2;
        public const int QeReportInfo = 3;
        public const int BufferSize = 4;
        public const int Quote = 2;
        public const int AnsweredQeReportInfo = 3;
    }

    public static class SelectAttKeyId
    {
        public const int List = 1;
        public const int Timeout = 2;
        public const int Selected = 2;
    }

    public static class GetSupportedAttKeyIdNum
    {
        public const int Number = 2;
    }

    public static class GetSupportedAttKeyIds
    {
        public const int BufferSize = 1;
        public const int KeyIds = 2;
    }
}
