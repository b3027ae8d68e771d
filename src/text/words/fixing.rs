//! Making a failing Region readable again, in every language.

use super::{Words, messages, say};

messages! {
    how_to_fix: en "How to fix it", ja "対処方法";
    how_to_fix_all: en "How to fix them", ja "対処方法";
    readable_again(region: &str):
        en "{region} is readable again: there's nothing to fix.",
        ja "{region} のメンバー一覧を再び取得できています。対処は不要です。";
    all_readable_again:
        en "Every Region is readable again: there's nothing to fix.",
        ja "すべてのリージョンのメンバー一覧を再び取得できています。対処は不要です。";
    polls_by_itself:
        en "Nothing needs a restart: the next poll tries again.",
        ja "再起動は不要です。次回の取得で再試行します。";
    more_to_fix(count: usize):
        en "… more failing member lists: {count}. Fix these first, then choose again.",
        ja "… ほかに取得できない一覧が{count}件あります。対処後にもう一度選んでください。";
    fix_denied:
        en "AWS denied securityhub:ListMembers. The role lacks the permission, or a service control policy (SCP) denies it.",
        ja "AWS が securityhub:ListMembers を拒否しました。ロールの権限不足か、サービスコントロールポリシー (SCP) による拒否です。";
    fix_denied_role:
        en "If the role lacks it, add this statement to the role's policy:",
        ja "ロールに権限がなければ、ロールのポリシーに次のステートメントを追加してください。";
    fix_denied_scp:
        en "If the role has it, look for an SCP that denies the Region. In the management account, run this for the account, then for each OU above it and the root:",
        ja "ロールに権限があれば、リージョンを拒否する SCP を探してください。管理アカウントで次を実行し、上位の OU とルートでも繰り返してください。";
    fix_try_again:
        en "Then check that this works with the role's credentials:",
        ja "修正後、ロールの認証情報で次のコマンドが成功することを確認してください。";
    fix_not_enabled(admin: &str):
        en "Security Hub CSPM isn't enabled there for {admin}.",
        ja "このリージョンでは {admin} の Security Hub CSPM が有効ではありません。";
    fix_enable:
        en "If you need it there, enable it in the administrator account (AWS charges apply):",
        ja "必要なら、管理者アカウントで次を実行して有効にしてください(AWS の料金が発生します)。";
    fix_or_leave_out:
        en "If you don't, leave the Region out of the settings: the menu of the digest says how.",
        ja "不要なら、設定でリージョンを対象から外してください。手順はダイジェストのメニューにあります。";
    fix_credentials:
        en "AWS rejected the credentials, or there are none.",
        ja "AWS が認証情報を拒否したか、認証情報がありません。";
    fix_identity:
        en "Check that this works with the bot's credentials:",
        ja "ボットの認証情報で次のコマンドが成功することを確認してください。";
    fix_opt_in:
        en "If only this Region fails, the account may not have opted in to it. Check, and enable the Region if you need it:",
        ja "このリージョンだけ失敗する場合、アカウントで有効になっていない可能性があります。次のコマンドで確認し、必要なら有効にしてください。";
    fix_role:
        en "The bot couldn't assume the administrator's role.",
        ja "ボットが管理者アカウントのロールを引き受けられませんでした。";
    fix_trust:
        en "Add this statement to the role's trust policy. Leave out the condition if you set no external ID:",
        ja "ロールの信頼ポリシーに次のステートメントを追加してください。外部 ID を設定していなければ Condition は不要です。";
    fix_assume:
        en "Add this statement to the policy of the bot's own role:",
        ja "ボットのロールのポリシーに次のステートメントを追加してください。";
    fix_throttled:
        en "AWS throttled every attempt. Other programs are probably reading the same list too often.",
        ja "AWS がすべての試行をスロットリングしました。ほかのプログラムが同じ一覧を頻繁に読み取っている可能性があります。";
    fix_callers:
        en "If it persists, find the other callers. Run this in the administrator account:",
        ja "続く場合は、ほかの呼び出し元を確認してください。管理者アカウントで次を実行してください。";
    fix_network(hosts: &str):
        en "The bot got no complete answer from {hosts}.",
        ja "{hosts} から完全な応答を得られませんでした。";
    fix_connection:
        en "Run this from the bot's network. Any HTTP status means that the connection works:",
        ja "ボットのネットワークから実行してください。HTTP ステータスが返れば接続できています。";
    fix_routes:
        en "If there's none, check routes, DNS, proxies, firewalls, VPC endpoints and certificates.",
        ja "返らなければ、ルート、DNS、プロキシ、ファイアウォール、VPC エンドポイント、証明書を確認してください。";
    fix_service:
        en "AWS returned an error or an incomplete member list.",
        ja "AWS がエラーか、不完全なメンバー一覧を返しました。";
    fix_service_answer:
        en "See what AWS returns with the role's credentials:",
        ja "ロールの認証情報で AWS の応答を確認してください。";
    fix_service_health:
        en "If it persists, check the AWS Health Dashboard, then contact AWS Support.",
        ja "続く場合は AWS Health Dashboard を確認し、AWS サポートに問い合わせてください。";
    fix_doubted(before: usize, now: usize):
        en "The list suddenly lost half or more of its members ({before} → {now}). Nothing counts as changed until a later poll confirms it.",
        ja "メンバー一覧が突然半分以下に減りました({before} → {now})。次回以降の取得で確認できるまで、変更として扱いません。";
    fix_count:
        en "Count the members with the role's credentials:",
        ja "ロールの認証情報でメンバーを数えてください。";
    fix_doubt_is_right:
        en "If the number is right, do nothing: a later poll confirms it, and the digest names the accounts.",
        ja "数が正しければ、対処は不要です。次回以降の取得で確認でき次第、該当アカウントをダイジェストに表示します。";
    fix_doubt_is_wrong:
        en "If it's wrong, check which account the role belongs to.",
        ja "違う場合は、ロールがどのアカウントのものか確認してください。";
}
