"""Names of files that usually contain secrets, as ``.gitignore`` patterns.

Their text is never sent to a model, not even to a local one. The patterns are lower case because names are compared in
lower case; copies (``.bak``, ``~``, ``.swp``) count as their originals (``context/privacy.py``). Files that only
sometimes contain a secret, such as settings.xml, gradle.properties or database.yml, are not listed: secrets in them are
redacted.
"""

from __future__ import annotations

_NAMES = """
# Environments
.env .env.* .env-* .env_* *.env .envrc .envrc.* .flaskenv .dev.vars .dev.vars.* !.env.example !.env.sample
!.env.template !.env.dist !.env.defaults !.env.schema
# Keys, certificates, password stores
*.pem *.key *.ppk *.p12 *.pfx *.pkcs12 *.jks *.jceks *.keystore *.kdbx *.kdb *.crt *.cer *.der *.p8 *.p7b *.bks
*.keytab *.agekey *.pvk *.priv *.psafe3 *.gpg *.pgp *.asc secring.* *.keychain *.keychain-db *.kwallet
*.agilekeychain *.1pif *.mobileprovision *.provisionprofile id_rsa* id_dsa* id_ecdsa* id_ed25519* *.jwk .git .hg
.svn .ssh/ .gnupg/ .aws/ .azure/ .gcloud/ .password-store/
# Names that say so
credentials credentials.* .credentials* *.credentials *.creds *_credentials.json secret.* secrets.* *.secret
*.secrets .secret .secrets .secret.* .secrets.* secret_token.rb token.json tokens.json token.pickle *.token .token
*.password *.passwd auth.json .auth.json
# Package managers, version control, build tools
.npmrc .yarnrc.yml .pypirc .git-credentials .cvspass .gem/ **/.bundle/config **/gh/hosts.yml **/.config/hub
**/.m2/settings.xml settings-security.xml **/.gradle/gradle.properties key.properties keystore.properties
signing.properties hudson.util.secret *publish_over_ssh*.xml
# Clouds, clusters, containers
client_secret*.json google-services.json googleservice-info.plist application_default_credentials.json
*firebase-adminsdk*.json service-account*.json service_account*.json serviceaccount*.json accesstokens.json
azureprofile.json msal_token_cache* *accesskeys.csv rootkey.csv local.settings.json kubeconfig kubeconfig.*
*.kubeconfig .kube/ .dockercfg .dockerconfigjson **/.docker/config.json *.tfvars *.tfvars.json *.tfstate *.tfstate.*
*.tfbackend .terraformrc terraform.rc .vault-token vault.yml vault.yaml vault.json .vault_pass* vault_pass*
vault-password* .ansible_vault_pass* .vault-password* .s3cfg .boto .passwd-s3fs rclone.conf .rclone.conf
.databrickscfg kaggle.json .kaggle/ **/huggingface/token stored_tokens **/.fly/config.yml .dbt/
# Databases, mail, remote access, web servers
.netrc _netrc .authinfo .pgpass pgpass.conf .my.cnf .mylogin.cnf .msmtprc .fetchmailrc .htpasswd .htpasswd.*
htpasswd .htdigest wp-config.php localsettings.php **/etc/shadow gshadow filezilla.xml sitemanager.xml
recentservers.xml winscp.ini .ftpconfig .ftppass sftp-config.json sftp.json .smbcredentials *.ovpn *.nmconnection
wpa_supplicant*.conf *.rdp unattend.xml autounattend.xml logins.json key4.db cookies.txt cookies.sqlite
.dbeaver-data-sources.xml .renviron robomongo.json passwords.txt password.txt passwords.csv passwords.md
# What was typed into shells and consoles
.*_history .*-history .*_hist .histfile .history fish_history consolehost_history.txt .lesshst .viminfo .dbshell
"""
SECRET_FILES: tuple[str, ...] = tuple(
    name for line in _NAMES.splitlines() if not line.startswith("#") for name in line.split()
)
